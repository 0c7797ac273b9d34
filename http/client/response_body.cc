#include "http/client/response_body.h"

#include <utility>

namespace verge::http {

namespace {

// Places in front of what is buffered, before the rest moves up.
constexpr size_t kMaxConsumed = 16;

}  // namespace

void ResponseBody::Pull(BodySink* sink) {
  sink_ = sink;
  if (answering_) return;  // the consumer asks on from within an answer: the loop there goes on
  const Ref<ResponseBody> self(this);
  Answer();
  if (receiver_) receiver_->OnBodyPulled();
}

void ResponseBody::Cancel() {
  sink_ = nullptr;
  chunks_.clear();
  next_ = 0;
  buffered_ = 0;
  if (!failure_) failure_ = Failure{.error = BodyError::kCancelled, .message = "the body was cancelled"};
  if (Receiver* receiver = std::exchange(receiver_, nullptr)) receiver->OnBodyDropped();
}

void ResponseBody::OnZeroReferences() {
  if (Receiver* receiver = std::exchange(receiver_, nullptr)) receiver->OnBodyDropped();
  delete this;
}

void ResponseBody::Add(Bytes chunk) {
  if (failure_) return;
  if (next_ > kMaxConsumed) {
    chunks_.erase(chunks_.begin(), chunks_.begin() + static_cast<ptrdiff_t>(next_));
    next_ = 0;
  }
  buffered_ += chunk.size();
  chunks_.push_back(std::move(chunk));
}

void ResponseBody::Fail(BodyError error, std::string message) {
  if (failure_ || ended_) return;
  failure_ = Failure{.error = error, .message = std::move(message)};
}

void ResponseBody::Answer() {
  if (answering_) return;
  const Ref<ResponseBody> self(this);
  answering_ = true;
  while (sink_) {
    if (next_ < chunks_.size()) {
      Bytes chunk = std::move(chunks_[next_]);
      if (++next_ == chunks_.size()) {
        chunks_.clear();
        next_ = 0;
      }
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
