#include "http/request_body.h"

#include <utility>

namespace verge::http {

void RequestBody::Pull(BodySink* sink) {
  touched_ = true;
  sink_ = sink;
  if (answering_) return;  // the consumer asks on from within an answer: the loop there goes on
  const Ref<RequestBody> self(this);
  Answer();
  if (receiver_) receiver_->OnBodyPulled();
}

void RequestBody::Cancel() {
  touched_ = true;
  sink_ = nullptr;
  chunks_.clear();
  buffered_ = 0;
  if (!failure_) failure_ = Failure{.error = BodyError::kCancelled, .message = "the body was cancelled"};
  if (Receiver* receiver = std::exchange(receiver_, nullptr)) receiver->OnBodyDropped();
}

void RequestBody::OnZeroReferences() {
  if (Receiver* receiver = std::exchange(receiver_, nullptr)) receiver->OnBodyDropped();
  delete this;
}

void RequestBody::Deliver(Bytes chunk) {
  if (failure_) return;
  const Ref<RequestBody> self(this);
  buffered_ += chunk.size();
  chunks_.push_back(std::move(chunk));
  Answer();
}

void RequestBody::End() {
  const Ref<RequestBody> self(this);
  ended_ = true;
  Answer();
}

void RequestBody::Fail(BodyError error, std::string_view message) {
  if (failure_ || ended_) return;
  const Ref<RequestBody> self(this);
  failure_ = Failure{.error = error, .message = message};
  Answer();
}

void RequestBody::Answer() {
  if (answering_) return;
  answering_ = true;
  while (sink_) {
    if (!chunks_.empty()) {
      Bytes chunk = std::move(chunks_.front());
      chunks_.pop_front();
      buffered_ -= chunk.size();
      std::exchange(sink_, nullptr)->OnChunk(std::move(chunk));
    } else if (failure_) {
      std::exchange(sink_, nullptr)->OnError(failure_->error, failure_->message);
    } else if (ended_) {
      std::exchange(sink_, nullptr)->OnEnd();
    } else {
      break;
    }
  }
  answering_ = false;
}

}  // namespace verge::http
