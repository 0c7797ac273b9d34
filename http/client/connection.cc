// A connection's events, from the socket's opening to its end. What it reads and writes: connection_input.cc,
// connection_output.cc.
#include "http/client/connection.h"

#include <utility>

namespace verge::http {

OutboundConnection::OutboundConnection(ClientCore* core, Ref<Endpoint> endpoint, OutboundSocket::Pointer socket)
    : core_(core), endpoint_(std::move(endpoint)), socket_(std::move(socket)) {
  deadline_.owner = this;
  socket_->set_owner(this);
  parser_.Init(core_->options.max_header_bytes, core_->options.max_header_fields, core_->responses.get());
}

OutboundConnection::~OutboundConnection() = default;

void OutboundConnection::Open(Ref<OutboundExchange> exchange) {
  const Ref<OutboundConnection> self(this);
  core_->AddConnection(this);
  exchange_ = std::move(exchange);
  if (!endpoint_->secure) {
    exchange_->OnConnected();
    Send(std::move(exchange_), false);
    return;
  }
  std::string error;
  const TlsContext* context = core_->Tls(error);
  if (context && socket_->StartTls(*context, endpoint_->host, &endpoint_->session)) {
    ContinueHandshake();
  } else {
    Detach(ClientError::Kind::kTls, BodyError::kDisconnected,
           "TLS with " + endpoint_->name + " cannot be set up" + (error.empty() ? "" : ": " + error));
    Conclude();
  }
}

void OutboundConnection::ContinueHandshake() {
  switch (socket_->Handshake()) {
    case TlsStream::Result::kWantRead:
    case TlsStream::Result::kWantWrite:
      return;
    case TlsStream::Result::kDone:
      exchange_->OnConnected();
      Send(std::move(exchange_), false);
      return;
    default:
      Detach(ClientError::Kind::kTls, BodyError::kDisconnected, socket_->tls()->HandshakeError(endpoint_->name));
      Conclude();
  }
}

void OutboundConnection::Send(Ref<OutboundExchange> exchange, bool reused) {
  exchange_ = std::move(exchange);
  state_ = State::kHead;
  reused_ = reused;
  keep_alive_ = true;
  got_bytes_ = false;
  informational_ = 0;
  parser_.Begin(exchange_->head_request());
  WriteQueue& queue = socket_->queue();
  queue.Append(exchange_->head());
  if (!exchange_->bytes().empty()) queue.Append(exchange_->bytes());
  source_ = exchange_->TakeSource();
  if (source_) {
    // It is pulled from the loop; what it has at once goes out together with the head.
    source_chunked_ = exchange_->framing().kind == RequestFraming::Kind::kChunked;
    source_remaining_ = exchange_->framing().length;
    source_error_.reset();
    pulling_ = false;
    core_->Schedule(this);
  } else {
    Flush();
  }
  Settle();
}

bool OutboundConnection::IsSilent() const { return !socket_->pending() && !socket_->HasInput(); }

// ---- Events

void OutboundConnection::OnSocketReady(int events) {
  const Ref<OutboundConnection> self(this);
  const bool yielded = std::exchange(yielding_, false);
  turn_input_ = 0;
  if (state_ == State::kHandshake) {
    ContinueHandshake();
    return;
  }
  if (state_ == State::kIdle) {
    OnIdleReadable();
    return;
  }
  if (events & UV_WRITABLE) Flush();
  if ((events & UV_READABLE) || (yielded && socket_->pending())) OnReadable();
  Conclude();
  if (CanPull() || source_error_) OnTurn();
}

void OutboundConnection::OnTurn() {
  const Ref<OutboundConnection> self(this);
  turn_output_ = 0;
  turn_input_ = 0;
  // Flushing may make room for more: then there is no event to wait for, and the source is asked on.
  do {
    if (state_ != State::kClosed) PullSource();
    if (state_ != State::kClosed && source_error_) SourceFailed(*std::exchange(source_error_, std::nullopt));
    if (state_ != State::kClosed) Flush();
  } while (CanPull());
  if (state_ != State::kClosed && WantsInput() && socket_->pending()) OnReadable();
  Conclude();
  retired_.reset();
}

void OutboundConnection::OnDeadline(ClientDeadlines::Node*) {
  const Ref<OutboundConnection> self(this);
  if (state_ == State::kIdle) {
    Detach(ClientError::Kind::kReset, BodyError::kDisconnected, {});
  } else {
    const auto seconds = core_->options.stall_timeout.count() / 1000;
    std::string message = endpoint_->name + (socket_->queue().empty() ? " sent nothing" : " took nothing");
    message += seconds > 0 ? " for " + std::to_string(seconds) + " s" : " for too long";
    Detach(ClientError::Kind::kTimeout, BodyError::kTimeout, std::move(message));
  }
  Conclude();
}

void OutboundConnection::Close(BodyError error, std::string message) {
  const Ref<OutboundConnection> self(this);
  Detach(ClientError::Kind::kReset, error, std::move(message));
  Notify();
}

void OutboundConnection::Abandon(OutboundExchange* exchange) {
  if (exchange_.get() != exchange) return;
  exchange_->Disconnect();
  exchange_.reset();
  Close(BodyError::kCancelled, {});
}

// ---- Between events

void OutboundConnection::Detach(ClientError::Kind kind, BodyError error, std::string message) {
  if (state_ == State::kClosed) return;
  const State was = std::exchange(state_, State::kClosed);
  core_->Unschedule(this);
  if (pooled_) core_->RemoveIdle(this);
  ClientDeadlines::Disarm(&deadline_);
  if (source_) news_.cancelled = std::move(source_);
  if (ResponseBody* body = std::exchange(body_, nullptr)) {
    body->Fail(error, message);
    body->Disown();
    news_.body = Ref(body);
  }
  if (const Ref<OutboundExchange> exchange = std::move(exchange_)) {
    exchange->Disconnect();
    if (was == State::kBody || was == State::kAnswered) {
      exchange->Finish();
    } else if (!(kind == ClientError::Kind::kReset && reused_ && !got_bytes_ && exchange->Retry())) {
      news_.failed = exchange;
      news_.failure = {.kind = kind, .message = std::move(message)};
    }
  }
  has_news_ = true;
  socket_.reset();
  core_->RemoveConnection(this);
}

void OutboundConnection::Conclude() {
  for (;;) {
    FinishIfDone();
    Notify();
    if (state_ == State::kClosed) return;
    // Whoever was told may have made room for what TLS has already taken from the socket, of which no event will tell.
    if (state_ != State::kBody || !WantsInput() || !socket_->pending() || yielding_ || !OnReadable()) break;
  }
  Settle();
}

void OutboundConnection::FinishIfDone() {
  if (state_ != State::kAnswered) return;
  if (!keep_alive_) {
    Detach(ClientError::Kind::kReset, BodyError::kDisconnected, {});
    return;
  }
  if (source_ || !socket_->queue().empty()) return;
  const Ref<OutboundExchange> exchange = std::move(exchange_);
  exchange->Disconnect();
  exchange->Finish();
  state_ = State::kIdle;
  ClientDeadlines::Disarm(&deadline_);
  core_->AddIdle(this);
}

void OutboundConnection::Notify() {
  if (!std::exchange(has_news_, false)) return;
  News news = std::exchange(news_, {});
  if (news.answered && news.transport) {
    news.answered->Upgrade(std::move(news.response), std::move(news.transport));
  } else if (news.answered) {
    news.answered->Respond(std::move(news.response));
  }
  if (news.cancelled) news.cancelled->Cancel();
  if (news.failed) news.failed->Fail(std::move(news.failure));
  if (news.body) news.body->Answer();
}

void OutboundConnection::Settle() {
  int events = WantsInput() ? UV_READABLE : 0;
  const bool sending = !socket_->queue().empty();
  if (sending || yielding_) events |= UV_WRITABLE;
  socket_->Watch(events);
  if (state_ == State::kIdle) return;

  const bool waiting = sending || (state_ == State::kHead && !source_) || (body_ && body_->wanted());
  if (!waiting) {
    ClientDeadlines::Disarm(&deadline_);
  } else if (progress_ || !deadline_.armed()) {
    core_->Arm(core_->stall_deadlines, &deadline_);
  }
  progress_ = false;
}

}  // namespace verge::http
