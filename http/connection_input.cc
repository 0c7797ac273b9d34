// What a connection does with the bytes it reads: heads become exchanges, bodies go to whoever pulls them.
#include <algorithm>
#include <utility>

#include "http/connection.h"
#include "http/server_core.h"

namespace verge::http {

bool Connection::CanConsume() const {
  if (aborted_ || !open_) return false;
  return (reading_ == Reading::kHead && queue_.size() < kHighWater) || (reading_ == Reading::kBody && RoomForBody());
}

bool Connection::CanConsumeBuffered() const { return buffered() != 0 && CanConsume(); }

bool Connection::RoomForBody() const { return !body_ || body_->buffered() < kMaxBufferedBody; }

size_t Connection::Consume(std::string_view data) {
  size_t consumed = 0;
  while (consumed < data.size() && CanConsume()) {
    const std::string_view rest = data.substr(consumed);
    if (reading_ == Reading::kHead) {
      consumed += ConsumeHead(rest);
    } else {
      consumed += chunked_ ? ConsumeChunked(rest) : ConsumeBody(rest);
    }
  }
  if (reading_ == Reading::kIgnore && consumed < data.size()) {
    linger_ = true;
    return data.size();
  }
  return consumed;
}

void Connection::ConsumeBuffered() {
  if (buffered() == 0) return;
  input_begin_ += Consume(std::string_view(input_).substr(input_begin_));
  if (!open_) return;
  if (input_begin_ == input_.size()) {
    input_.clear();
    input_begin_ = 0;
    if (input_.capacity() > kMaxReadAhead) input_.shrink_to_fit();
  } else if (input_begin_ > kMaxReadAhead) {
    input_.erase(0, input_begin_);
    input_begin_ = 0;
  }
}

size_t Connection::ConsumeHead(std::string_view data) {
  const RequestParser::Result result = parser_.Feed(data);
  switch (result.status) {
    case RequestParser::Status::kNeedMore:
      break;
    case RequestParser::Status::kComplete:
      StartExchange();
      break;
    case RequestParser::Status::kRefused:
      Refuse(parser_.refusal().status, parser_.refusal().text);
      return data.size();
  }
  return result.consumed;
}

void Connection::StartExchange() {
  exchange_ = core_->exchanges->Take();
  ServerExchange& exchange = *exchange_;
  exchange.connection_ = this;
  exchange.head_ = parser_.TakeHead();
  const RequestHead& head = *exchange.head_;
  if (!parser_.keep_alive()) close_ = true;
  produced_ = false;
  discarded_ = 0;
  ++request_number_;
  ++core_->counters.requests;
  if (head.has_body()) {
    exchange.body_ = MakeRef<RequestBody>(static_cast<RequestBody::Receiver*>(this), head.content_length());
    body_ = exchange.body_.get();
    chunked_ = parser_.chunked();
    awaits_continue_ = parser_.expects_continue();
    if (chunked_) {
      decoder_.Init(core_->limits.max_body_bytes);
    } else {
      body_remaining_ = *head.content_length();
    }
    reading_ = Reading::kBody;
  } else {
    reading_ = Reading::kWait;
  }
  core_->handler->OnRequest(Ref<Exchange>(exchange_));
}

size_t Connection::ConsumeBody(std::string_view data) {
  const std::string_view payload =
      data.substr(0, static_cast<size_t>(std::min<uint64_t>(body_remaining_, data.size())));
  body_remaining_ -= payload.size();
  if (TakePayload(payload) && body_remaining_ == 0) EndOfBody();
  return payload.size();
}

size_t Connection::ConsumeChunked(std::string_view data) {
  std::string_view rest = data;
  std::string_view payload;
  switch (decoder_.Next(rest, payload)) {
    case ChunkedDecoder::Status::kNeedMore:
      got_body_bytes_ = true;
      awaits_continue_ = false;
      break;
    case ChunkedDecoder::Status::kPayload:
      TakePayload(payload);
      break;
    case ChunkedDecoder::Status::kEnd:
      awaits_continue_ = false;
      EndOfBody();
      break;
    case ChunkedDecoder::Status::kMalformed:
      BodyBroken(400, "invalid chunked body", BodyError::kMalformed);
      break;
    case ChunkedDecoder::Status::kTooLarge:
      BodyBroken(413, "the request's body is too large", BodyError::kTooLarge);
      break;
    case ChunkedDecoder::Status::kTrailersTooLarge:
      BodyBroken(431, "the request's trailers are too long", BodyError::kMalformed);
      break;
  }
  return data.size() - rest.size();
}

// False: the body is not read any further.
bool Connection::TakePayload(std::string_view payload) {
  awaits_continue_ = false;
  got_body_bytes_ = true;
  if (body_) {
    body_->Deliver(core_->read_buffer.Share({reinterpret_cast<const uint8_t*>(payload.data()), payload.size()}));
  } else {
    discarded_ += payload.size();
    if (discarded_ > kMaxDiscarded) StopReading();
  }
  return open_ && reading_ == Reading::kBody;
}

void Connection::EndOfBody() {
  reading_ = Reading::kWait;
  if (const Ref<RequestBody> body(std::exchange(body_, nullptr)); body) {
    body->Disown();
    body->End();
  }
  FinishIfBothSidesAre();
}

void Connection::StopReading() {
  reading_ = Reading::kIgnore;
  close_ = true;
  linger_ = true;
  FinishIfBothSidesAre();
}

void Connection::BodyBroken(int status, std::string_view text, BodyError error) {
  const Ref<RequestBody> body(std::exchange(body_, nullptr));
  // First, so that an answer which the handler gives when it learns of it says "Connection: close".
  reading_ = Reading::kIgnore;
  close_ = true;
  linger_ = true;
  if (body) {
    body->Disown();
    body->Fail(error, text);
  }
  if (!open_) return;
  if (exchange_ && !exchange_->responded_) {
    Refuse(status, text);
  } else {
    FinishIfBothSidesAre();
  }
}

void Connection::OnBodyPulled() {
  if (awaits_continue_ && exchange_ && !exchange_->responded_) {
    queue_.Append("HTTP/1.1 100 Continue\r\n\r\n");
    awaits_continue_ = false;
  }
  Schedule();
}

void Connection::OnBodyDropped() {
  body_ = nullptr;
  if (reading_ != Reading::kBody) return;
  if ((produced_ && close_) || (!chunked_ && body_remaining_ > kMaxDiscarded)) StopReading();
  Schedule();
}

}  // namespace verge::http
