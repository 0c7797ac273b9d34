// What a connection does with the bytes it reads: heads become responses, bodies go to whoever pulls them.
#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "http/client/connection.h"
#include "http/client/transport_over_socket.h"

namespace verge::http {

namespace {

// Chunks below this are moved together: one piece for the consumer is worth more than the copying.
constexpr size_t kGatherBelow = 16 * 1024;

}  // namespace

bool OutboundConnection::WantsInput() const {
  return state_ == State::kHead || state_ == State::kAnswered || state_ == State::kIdle ||
         (state_ == State::kBody && body_->buffered() < kMaxBuffered);
}

void OutboundConnection::OnIdleReadable() {
  // Nothing is expected but what TLS has to say, and the end.
  uint8_t byte[1];
  size_t count = 0;
  if (socket_->Read(byte, count) == OutboundSocket::Input::kNothing) {
    Settle();
    return;
  }
  Detach(ClientError::Kind::kReset, BodyError::kDisconnected, {});
  Notify();
}

bool OutboundConnection::OnReadable() {
  bool any = false;
  while (state_ != State::kClosed && WantsInput()) {
    const std::span<uint8_t> buffer = core_->read_buffer.Next();
    size_t count = 0;
    const OutboundSocket::Input input = socket_->Read(buffer, count);
    if (input == OutboundSocket::Input::kNothing) break;
    any = true;
    if (input != OutboundSocket::Input::kData) {
      OnEndOfInput(input);
      break;
    }
    got_bytes_ = true;
    progress_ = true;
    Consume(buffer.first(count));
    // What a plain socket still has, the loop tells.
    if (state_ == State::kClosed || !socket_->pending()) break;
    turn_input_ += count;
    if (turn_input_ > kMaxTurn) {
      yielding_ = true;
      break;
    }
  }
  return any;
}

void OutboundConnection::Consume(std::span<uint8_t> data) {
  while (!data.empty()) {
    switch (state_) {
      case State::kHead:
        data = data.subspan(ConsumeHead(data));
        break;
      case State::kBody:
        data = data.subspan(ConsumeBody(data));
        break;
      default:
        // More than was asked for: whose answer it is, nobody can tell.
        keep_alive_ = false;
        return;
    }
  }
}

size_t OutboundConnection::ConsumeHead(std::span<uint8_t> data) {
  const ResponseParser::Result result = parser_.Feed({reinterpret_cast<const char*>(data.data()), data.size()});
  switch (result.status) {
    case ResponseParser::Status::kNeedMore:
      return data.size();
    case ResponseParser::Status::kRefused:
      Malformed(parser_.refusal());
      return data.size();
    case ResponseParser::Status::kComplete:
      break;
  }
  Ref<PooledResponse> head = parser_.TakeHead();
  if (head->status() >= 200) {
    news_.response = std::move(head);
    StartResponse();
  } else if (head->status() == 101) {
    if (!exchange_->upgrade()) {
      Malformed("it switches protocols without being asked");
    } else {
      news_.response = std::move(head);
      SwitchProtocols(data.subspan(result.consumed));
    }
    return data.size();
  } else if (++informational_ > kMaxInformational) {
    Malformed("it sends informational responses without end");
    return data.size();
  }
  return result.consumed;
}

void OutboundConnection::StartResponse() {
  has_news_ = true;
  news_.answered = exchange_;
  framing_ = parser_.framing();
  keep_alive_ = parser_.keep_alive() && !write_failed_;
  if (!keep_alive_ && source_ && news_.response->status() >= 400) {
    // It does not want what it closes the connection on.
    StopSending();
  }
  std::optional<uint64_t> length;
  switch (framing_) {
    case ResponseParser::Framing::kNone:
      EndResponse();
      return;
    case ResponseParser::Framing::kLength:
      length = body_remaining_ = parser_.content_length();
      break;
    case ResponseParser::Framing::kChunked:
      decoder_.Init(std::numeric_limits<uint64_t>::max());
      break;
    case ResponseParser::Framing::kUntilClose:
      break;
  }
  const auto body = MakeRef<ResponseBody>(static_cast<ResponseBody::Receiver*>(this), length);
  body_ = body.get();
  news_.response->set_body(body);
  state_ = State::kBody;
}

size_t OutboundConnection::ConsumeBody(std::span<uint8_t> data) {
  switch (framing_) {
    case ResponseParser::Framing::kChunked:
      return ConsumeChunked(data);
    case ResponseParser::Framing::kLength: {
      const auto count = static_cast<size_t>(std::min<uint64_t>(body_remaining_, data.size()));
      AddPayload(data.first(count));
      body_remaining_ -= count;
      if (body_remaining_ == 0) EndResponse();
      return count;
    }
    default:
      AddPayload(data);
      return data.size();
  }
}

size_t OutboundConnection::ConsumeChunked(std::span<uint8_t> data) {
  std::string_view rest(reinterpret_cast<const char*>(data.data()), data.size());
  uint8_t* gathered = nullptr;
  size_t size = 0;
  const auto deliver = [&] {
    if (size != 0) AddPayload({gathered, size});
    size = 0;
  };
  for (;;) {
    std::string_view payload;
    const ChunkedDecoder::Status status = decoder_.Next(rest, payload);
    if (status == ChunkedDecoder::Status::kPayload) {
      if (size != 0 && payload.size() >= kGatherBelow) deliver();
      if (size == 0) {
        gathered = data.data() + (reinterpret_cast<const uint8_t*>(payload.data()) - data.data());
      } else {
        std::memmove(gathered + size, payload.data(), payload.size());
      }
      size += payload.size();
      continue;
    }
    deliver();
    switch (status) {
      case ChunkedDecoder::Status::kNeedMore:
        break;
      case ChunkedDecoder::Status::kEnd:
        EndResponse();
        break;
      case ChunkedDecoder::Status::kTrailersTooLarge:
        Malformed("the trailers are too long");
        break;
      default:
        Malformed("invalid chunked body");
        break;
    }
    return data.size() - rest.size();
  }
}

void OutboundConnection::AddPayload(std::span<const uint8_t> payload) {
  body_->Add(core_->read_buffer.Share(payload));
  news_.body = Ref(body_);
  has_news_ = true;
}

void OutboundConnection::EndResponse() {
  state_ = State::kAnswered;
  ResponseBody* body = std::exchange(body_, nullptr);
  if (!body) return;
  body->End();
  body->Disown();
  news_.body = Ref(body);
  has_news_ = true;
}

void OutboundConnection::SwitchProtocols(std::span<const uint8_t> rest) {
  state_ = State::kClosed;
  ClientDeadlines::Disarm(&deadline_);
  core_->Unschedule(this);
  has_news_ = true;
  news_.answered = std::move(exchange_);
  news_.answered->Disconnect();
  if (source_) news_.cancelled = std::move(source_);
  news_.transport = std::make_unique<TransportOverSocket>(Ref(core_), endpoint_, std::move(socket_), rest);
  core_->RemoveConnection(this);
}

void OutboundConnection::OnEndOfInput(OutboundSocket::Input how) {
  switch (state_) {
    case State::kHead: {
      const std::string_view when = got_bytes_ ? "before the response's head was complete" : "without a response";
      Detach(ClientError::Kind::kReset, BodyError::kDisconnected,
             "connection to " + endpoint_->name +
                 (how == OutboundSocket::Input::kBroken ? " was reset " : " was closed ") + std::string(when));
      break;
    }
    case State::kBody:
      if (framing_ == ResponseParser::Framing::kUntilClose && how == OutboundSocket::Input::kEnd) {
        EndResponse();
        break;
      }
      Detach(ClientError::Kind::kReset, BodyError::kDisconnected,
             "connection to " + endpoint_->name +
                 (how == OutboundSocket::Input::kBroken ? " was reset" : " was closed") +
                 " before the response's body was complete");
      break;
    default:
      keep_alive_ = false;
      break;
  }
}

void OutboundConnection::Malformed(std::string_view why) {
  Detach(ClientError::Kind::kMalformed, BodyError::kMalformed,
         "invalid response from " + endpoint_->name + ": " + std::string(why));
}

void OutboundConnection::OnBodyPulled() {
  if (state_ != State::kBody) return;
  if (socket_->pending() && WantsInput()) core_->Schedule(this);
  Settle();
}

void OutboundConnection::OnBodyDropped() {
  body_ = nullptr;
  Close(BodyError::kCancelled, {});
}

}  // namespace verge::http
