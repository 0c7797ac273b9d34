#include "bindings/service/crossing_body.h"

#include <utility>

namespace verge::bindings {

CrossingBody::~CrossingBody() = default;

void CrossingBody::OnZeroReferences() {
  if (!source_) {
    delete this;
    return;
  }
  // Nobody will read it any more. The last reference may have been given back by a collection of garbage.
  Cancel();
}

void CrossingBody::Soon() {
  self_ = http::Ref<CrossingBody>(this);
  Schedule(shard_);
}

void CrossingBody::Pull(http::BodySink* sink) {
  sink_ = sink;
  touched_ = true;
  wanted_ = answer_ == Answer::kNone;
  Soon();
}

void CrossingBody::Cancel() {
  sink_ = nullptr;
  touched_ = true;
  if (!source_) return;
  cancelled_ = true;
  Soon();
}

void CrossingBody::Break(std::string_view why) {
  if (!source_ || cancelled_) return;
  if (answer_ != Answer::kEnd && answer_ != Answer::kError) {
    answer_ = Answer::kError;
    error_ = http::BodyError::kDisconnected;
    message_ = why;
  }
  Soon();
}

std::optional<http::Bytes> CrossingBody::TakeWhole() {
  if (touched() || !source_) return std::nullopt;
  auto whole = source_->TakeWhole();
  if (!whole) return std::nullopt;
  touched_ = true;
  answer_ = Answer::kEnd;  // its end is still to be told
  Soon();
  return whole;
}

void CrossingBody::OnChunk(http::Bytes chunk) {
  if (answer_ == Answer::kNone) {
    answer_ = Answer::kChunk;
    chunk_ = std::move(chunk);
  }
  Soon();
}

void CrossingBody::OnEnd() {
  if (answer_ == Answer::kNone) answer_ = Answer::kEnd;
  Soon();
}

void CrossingBody::OnError(http::BodyError error, std::string_view message) {
  if (answer_ == Answer::kNone) {
    answer_ = Answer::kError;
    error_ = error;
    message_ = message;
  }
  Soon();
}

void CrossingBody::OnIsolateLeft() {
  http::Ref<CrossingBody> keep = std::move(self_);
  if (cancelled_) {
    End(http::ExchangeOutcome::kDisconnected);
  } else if (answer_ != Answer::kNone) {
    Deliver();
  } else if (std::exchange(wanted_, false)) {
    if (http::Ref<http::BodySource> source = source_) {
      source->Pull(this);
    } else {
      error_ = http::BodyError::kCancelled;
      message_ = "The body was cancelled.";
      answer_ = Answer::kError;
      Deliver();
    }
  }
}

void CrossingBody::Deliver() {
  switch (answer_) {
    case Answer::kNone:
      break;
    case Answer::kChunk:
      if (http::BodySink* sink = std::exchange(sink_, nullptr)) {
        answer_ = Answer::kNone;
        sink->OnChunk(std::exchange(chunk_, {}));
      }
      break;
    case Answer::kEnd: {
      // Who has taken all of it at once waits for nothing; it is over all the same.
      http::BodySink* sink = std::exchange(sink_, nullptr);
      End(http::ExchangeOutcome::kSent);
      if (sink) sink->OnEnd();
      break;
    }
    case Answer::kError: {
      http::BodySink* sink = std::exchange(sink_, nullptr);
      End(http::ExchangeOutcome::kBodyFailed);
      if (sink) {
        sink->OnError(error_, message_);
        break;
      }
      // The next pull hears of it.
      break;
    }
  }
}

void CrossingBody::End(http::ExchangeOutcome outcome) {
  if (http::Ref<http::BodySource> source = std::move(source_); source && outcome != http::ExchangeOutcome::kSent) {
    source->Cancel();
  }
  if (OnOver over = std::exchange(on_over_, nullptr)) over(outcome);
}

}  // namespace verge::bindings
