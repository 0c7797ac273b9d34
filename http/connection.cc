#include "http/connection.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "http/server_core.h"

namespace verge::http {

namespace {

// Neither requests are parsed nor sources pulled while this much waits to be sent.
constexpr size_t kHighWater = 128 * 1024;

// Input that is read ahead, to notice a client that leaves while its request is handled.
constexpr size_t kMaxReadAhead = 64 * 1024;

// Of a body that is received faster than it is pulled. One read may go beyond.
constexpr size_t kMaxBufferedBody = 64 * 1024;

// Of a body nobody wants: reading it is cheaper than a new connection, up to here.
constexpr size_t kMaxDiscarded = 256 * 1024;

// Of what comes after the last response, before the connection is closed in the client's face.
constexpr size_t kMaxLingering = 1024 * 1024;

// What one source may produce before other connections get their turn.
constexpr uint64_t kMaxTurn = 1024 * 1024;

}  // namespace

Connection::Connection(ServerCore* core) : core_(core) {
  poll_.data = this;
  read_node_.owner = this;
  write_node_.owner = this;
}

Connection::~Connection() = default;

bool Connection::Open(int fd, std::string_view client_address) {
  if (uv_poll_init(core_->loop(), &poll_, fd) != 0) {
    close(fd);
    return false;
  }
  fd_ = fd;
  client_address_ = client_address;
  parser_.Init(&core_->limits, core_->heads.get(), client_address_);
  reading_ = Reading::kHead;
  deadline_ = Deadline::kNone;
  polled_events_ = 0;
  request_number_ = 0;
  open_ = true;
  aborted_ = broken_ = false;
  chunked_ = awaits_continue_ = got_body_bytes_ = wrote_ = produced_ = pulling_ = false;
  close_ = linger_ = lingering_ = reset_ = end_of_input_ = half_closed_ = yielding_ = failed_ = false;
  Settle();
  return true;
}

void Connection::Close() {
  if (!open_) return;
  open_ = false;
  core_->OnConnectionClosing(this);
  DeadlineList::Disarm(&read_node_);
  DeadlineList::Disarm(&write_node_);
  if (scheduled_) core_->Unschedule(this);
  scheduled_ = false;

  if (reset_) {
    const linger now{.l_onoff = 1, .l_linger = 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), [](uv_handle_t* handle) {
    auto* self = static_cast<Connection*>(handle->data);
    self->core_->OnConnectionClosed(self);
  });
  close(std::exchange(fd_, -1));

  // From here on others are told, who may do anything but reach this connection again.
  const Ref<RequestBody> body(std::exchange(body_, nullptr));
  if (body) body->Disown();
  const Ref<BodySource> source = std::exchange(source_, nullptr);
  const Ref<ServerExchange> exchange = std::exchange(exchange_, nullptr);
  ServerExchange* unsent = std::exchange(unsent_first_, nullptr);
  unsent_last_ = nullptr;
  const uint64_t sent = queue_.sent();
  parser_.Reset();
  queue_.Clear();
  input_.clear();
  input_.shrink_to_fit();
  input_begin_ = 0;
  if (exchange) exchange->connection_ = nullptr;
  for (ServerExchange* each = unsent; each; each = each->next_) each->connection_ = nullptr;

  if (source) source->Cancel();
  while (unsent) {
    const Ref<ServerExchange> done = Ref<ServerExchange>::Adopt(unsent);
    unsent = std::exchange(done->next_, nullptr);
    done->Finish(done->end_offset_ <= sent ? ExchangeOutcome::kSent : ExchangeOutcome::kDisconnected);
  }
  if (exchange) exchange->Finish(failed_ ? ExchangeOutcome::kBodyFailed : ExchangeOutcome::kDisconnected);
  if (body) body->Fail(BodyError::kDisconnected, "the client disconnected");
  retired_.reset();
}

void Connection::Schedule() {
  if (pumping_ || scheduled_ || !open_) return;
  scheduled_ = true;
  core_->Schedule(this);
}

void Connection::Abort() {
  aborted_ = true;
  Schedule();
}

bool Connection::idle() const {
  return reading_ == Reading::kHead && !exchange_ && !unsent_first_ && !parser_.started() && buffered() == 0 &&
         queue_.empty();
}

void Connection::Pump() {
  if (pumping_ || !open_) return;
  pumping_ = true;
  turn_bytes_ = 0;
  do {
    ConsumeBuffered();
    PullSource();
    if (failed_) EndFailedResponse();
    if (aborted_ || broken_ || !Flush()) Close();
  } while (open_ && !yielding_ && (CanConsumeBuffered() || CanPull() || aborted_));
  if (open_) Settle();
  retired_.reset();
  pumping_ = false;
}

// ---- Events

void Connection::OnPoll(int status, int events) {
  if (!open_) return;
  yielding_ = false;
  if (status < 0) {
    Close();
    return;
  }
  if (events & UV_READABLE) {
    pumping_ = true;
    OnReadable();
    pumping_ = false;
  } else if (events & UV_DISCONNECT) {
    // A client that shuts its side down while it waits for an answer is taken for gone: that is how it looks when a
    // browser's tab is closed.
    if (exchange_ && !produced_) {
      Close();
      return;
    }
    half_closed_ = true;
  }
  Pump();
}

void Connection::OnReadable() {
  char* buffer = core_->read_buffer.get();
  const ssize_t count = recv(fd_, buffer, ServerCore::kReadBufferSize, 0);
  if (count < 0) {
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) Close();
    return;
  }
  if (count == 0) {
    OnEndOfInput();
    return;
  }
  const std::string_view data(buffer, static_cast<size_t>(count));
  core_->counters.bytes_read += data.size();
  if (lingering_) {
    discarded_ += data.size();
    if (discarded_ > kMaxLingering) Close();
    return;
  }
  if (buffered() != 0) {
    input_.append(data);
    return;
  }
  const size_t consumed = Consume(data);
  if (open_ && consumed < data.size()) input_.assign(data.substr(consumed));
}

void Connection::OnEndOfInput() {
  end_of_input_ = true;
  if (lingering_ || (exchange_ && !produced_)) {
    Close();
  } else if (reading_ == Reading::kBody) {
    BodyBroken(400, "the request's body is incomplete", BodyError::kDisconnected);
  } else {
    reading_ = Reading::kIgnore;
  }
}

void Connection::OnReadDeadline() {
  switch (std::exchange(deadline_, Deadline::kNone)) {
    case Deadline::kHeader:
      Refuse(408, "the request's head took too long");
      break;
    case Deadline::kBody:
      pumping_ = true;
      BodyBroken(408, "the request's body took too long", BodyError::kTimeout);
      pumping_ = false;
      break;
    case Deadline::kIdle:
    case Deadline::kLinger:
    case Deadline::kNone:
      Close();
      return;
  }
  Pump();
}

void Connection::OnWriteDeadline() { Close(); }

// ---- Input

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
    body_->Deliver(Bytes::Copy(payload));
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

// ---- Output

void Connection::Respond(ServerExchange* exchange, const ResponseHead& head, ResponseBody body) {
  exchange->responded_ = true;
  if (core_->draining()) close_ = true;
  if (reading_ == Reading::kBody) {
    if (awaits_continue_) {
      // It is up to the client now whether it still sends the body (RFC 9110, 10.1.1): what comes next could be read
      // both ways. (Nobody has pulled the body, or the client would not wait.)
      if (body_) {
        body_->Disown();
        std::exchange(body_, nullptr)->Fail(BodyError::kCancelled, "the request is answered already");
      }
      StopReading();
    } else if (body_ && !exchange->body_taken_ && !chunked_ && body_remaining_ > kMaxDiscarded) {
      close_ = true;
    }
  }

  const RequestHead& request = *exchange->head_;
  const bool http_1_0 = request.version() == 10;
  const bool bodiless_status = head.status == 204 || head.status == 304;
  const bool send_body = !bodiless_status && request.method() != "HEAD";

  Ref<BodySource> source;
  std::optional<uint64_t> length = 0;
  if (auto* text = std::get_if<std::string_view>(&body)) {
    length = text->size();
  } else if (auto* bytes = std::get_if<Bytes>(&body)) {
    length = bytes->size();
  } else if (auto* given = std::get_if<Ref<BodySource>>(&body); given && *given) {
    source = std::move(*given);
    length = source->length();
    if (!length) length = GivenContentLength(head);
  } else if (!send_body) {
    if (const std::optional<uint64_t> told = GivenContentLength(head)) length = told;
  }

  ResponseFraming framing;
  if (head.status == 204) {
    framing.kind = ResponseFraming::Kind::kNone;
  } else if (head.status == 304) {
    // RFC 9110, 8.6: what a 200 would have; not known unless the handler says so.
    if (const std::optional<uint64_t> told = GivenContentLength(head)) {
      framing = {.kind = ResponseFraming::Kind::kLength, .length = *told};
    }
  } else if (length) {
    framing = {.kind = ResponseFraming::Kind::kLength, .length = *length};
  } else if (!send_body) {
    framing.kind = ResponseFraming::Kind::kNone;
  } else if (!http_1_0) {
    framing.kind = ResponseFraming::Kind::kChunked;
  } else {
    close_ = true;
  }

  if (!AppendResponseHead(queue_.buffer(), head, framing, ConnectionOptionFor(request), core_->date.Now())) {
    if (source) source->Cancel();
    source.reset();
    AppendOwnResponse(500, "the handler's response has an invalid status or header field", &request);
  } else if (source && send_body) {
    source_ = std::move(source);
    source_framing_ = framing.kind == ResponseFraming::Kind::kLength    ? SourceFraming::kLength
                      : framing.kind == ResponseFraming::Kind::kChunked ? SourceFraming::kChunked
                                                                        : SourceFraming::kUntilClose;
    source_remaining_ = framing.length;
  } else if (source) {
    source->Cancel();
  } else if (send_body) {
    if (auto* text = std::get_if<std::string_view>(&body)) queue_.Append(*text);
    if (auto* bytes = std::get_if<Bytes>(&body)) queue_.Append(std::move(*bytes));
  }
  if (!source_) ResponseProduced();

  if (!pumping_) {
    // Not to wait for what else happens in this turn of the loop. What follows from it waits: the observer and the next
    // request's handler must not be called from here.
    if (!source_ && !Send()) broken_ = true;
    Schedule();
  }
}

ConnectionOption Connection::ConnectionOptionFor(const RequestHead& request) const {
  if (close_) return ConnectionOption::kClose;
  return request.version() == 10 ? ConnectionOption::kKeepAlive : ConnectionOption::kDefault;
}

void Connection::AppendOwnResponse(int status, std::string_view text, const RequestHead* request) {
  std::string body = std::to_string(status);
  body.append(" ").append(ReasonPhrase(status)).append(": ").append(text).append("\n");
  const HeaderField type{.name = "Content-Type", .value = "text/plain; charset=utf-8"};
  const ResponseHead head{.status = status, .status_text = {}, .headers = {&type, 1}};
  AppendResponseHead(queue_.buffer(), head, {.kind = ResponseFraming::Kind::kLength, .length = body.size()},
                     request ? ConnectionOptionFor(*request) : ConnectionOption::kClose, core_->date.Now());
  if (!request || request->method() != "HEAD") queue_.Append(body);
}

void Connection::Refuse(int status, std::string_view text) {
  ++core_->counters.refused;
  close_ = true;
  linger_ = true;
  reading_ = Reading::kIgnore;
  AppendOwnResponse(status, text, exchange_ ? exchange_->head_.get() : nullptr);
  parser_.Reset();
  if (const Ref<ServerExchange> exchange = std::exchange(exchange_, nullptr)) {
    exchange->responded_ = true;
    exchange->Finish(ExchangeOutcome::kDisconnected);
  }
}

bool Connection::CanPull() const {
  return source_ && !pulling_ && !failed_ && !aborted_ && open_ && queue_.size() < kHighWater;
}

void Connection::PullSource() {
  while (CanPull()) {
    if (turn_bytes_ > kMaxTurn) {
      yielding_ = true;
      return;
    }
    pulling_ = true;
    const Ref<BodySource> source = source_;
    source->Pull(this);
    if (pulling_) return;
  }
}

void Connection::OnChunk(Bytes chunk) {
  pulling_ = false;
  if (!source_ || failed_ || chunk.empty()) {
    Schedule();
    return;
  }
  turn_bytes_ += chunk.size();
  switch (source_framing_) {
    case SourceFraming::kLength:
      if (chunk.size() > source_remaining_) {
        failed_ = true;
        break;
      }
      source_remaining_ -= chunk.size();
      queue_.Append(std::move(chunk));
      break;
    case SourceFraming::kChunked:
      AppendChunkSize(queue_.buffer(), chunk.size());
      queue_.Append(std::move(chunk));
      queue_.Append("\r\n");
      break;
    case SourceFraming::kUntilClose:
      queue_.Append(std::move(chunk));
      break;
  }
  Schedule();
}

void Connection::OnEnd() {
  pulling_ = false;
  if (!source_ || failed_) return;
  if (source_framing_ == SourceFraming::kLength && source_remaining_ != 0) {
    failed_ = true;
  } else {
    if (source_framing_ == SourceFraming::kChunked) queue_.Append("0\r\n\r\n");
    // Not released here: it may be the source's own call.
    retired_ = std::exchange(source_, nullptr);
    ResponseProduced();
  }
  Schedule();
}

void Connection::OnError(BodyError /*error*/, std::string_view /*message*/) {
  pulling_ = false;
  if (!source_) return;
  failed_ = true;
  Schedule();
}

void Connection::EndFailedResponse() {
  failed_ = false;
  if (const Ref<BodySource> source = std::exchange(source_, nullptr)) source->Cancel();
  if (source_framing_ == SourceFraming::kUntilClose) reset_ = true;
  const Ref<RequestBody> body(std::exchange(body_, nullptr));
  if (body) body->Disown();
  const Ref<ServerExchange> exchange = std::exchange(exchange_, nullptr);
  reading_ = Reading::kIgnore;
  close_ = true;
  if (exchange) exchange->Finish(ExchangeOutcome::kBodyFailed);
  if (body) body->Fail(BodyError::kDisconnected, "the connection is being closed");
}

void Connection::ResponseProduced() {
  produced_ = true;
  ServerExchange* exchange = Ref<ServerExchange>(exchange_).Leak();
  exchange->end_offset_ = queue_.end();
  if (unsent_last_) {
    unsent_last_->next_ = exchange;
  } else {
    unsent_first_ = exchange;
  }
  unsent_last_ = exchange;
  // If nobody else holds it, the rest of it is discarded.
  exchange->body_.reset();
  FinishIfBothSidesAre();
}

void Connection::FinishIfBothSidesAre() {
  if (!exchange_ || !produced_ || reading_ == Reading::kBody) return;
  exchange_.reset();
  if (reading_ == Reading::kWait) reading_ = close_ ? Reading::kIgnore : Reading::kHead;
}

bool Connection::Send() {
  const uint64_t before = queue_.sent();
  const WriteQueue::Result result = queue_.Send(fd_);
  if (const uint64_t count = queue_.sent() - before) {
    core_->counters.bytes_written += count;
    wrote_ = true;
  }
  return result != WriteQueue::Result::kBroken;
}

bool Connection::Flush() {
  if (!queue_.empty() && !Send()) return false;
  NotifySent();
  return true;
}

void Connection::NotifySent() {
  while (unsent_first_ && unsent_first_->end_offset_ <= queue_.sent()) {
    const Ref<ServerExchange> exchange = Ref<ServerExchange>::Adopt(unsent_first_);
    unsent_first_ = std::exchange(exchange->next_, nullptr);
    if (!unsent_first_) unsent_last_ = nullptr;
    exchange->Finish(ExchangeOutcome::kSent);
  }
}

// ---- Between events

void Connection::Settle() {
  if (queue_.empty() && !exchange_) {
    if (lingering_) {
      // Until the client closes, too.
    } else if (reading_ == Reading::kIgnore && linger_ && !end_of_input_ && !reset_) {
      Linger();
    } else if (reading_ == Reading::kIgnore || (core_->draining() && idle())) {
      Close();
      return;
    }
  }
  SettleDeadlines();
  SettleEvents();
}

void Connection::Linger() {
  // Closing now, with unread input, would make the kernel send a reset, and that can overtake the response.
  shutdown(fd_, SHUT_WR);
  lingering_ = true;
  discarded_ = 0;
}

void Connection::SettleDeadlines() {
  Deadline wanted = Deadline::kNone;
  bool restart = false;
  if (lingering_) {
    wanted = Deadline::kLinger;
  } else if (reading_ == Reading::kHead && parser_.started()) {
    wanted = Deadline::kHeader;
    restart = deadline_request_ != request_number_;
    deadline_request_ = request_number_;
  } else if (reading_ == Reading::kHead && queue_.empty()) {
    wanted = Deadline::kIdle;
    restart = true;
  } else if (reading_ == Reading::kBody && buffered() == 0 && (!body_ || body_->wanted() || produced_)) {
    wanted = Deadline::kBody;
    restart = got_body_bytes_;
  }
  got_body_bytes_ = false;
  if (wanted != deadline_ || restart) {
    deadline_ = wanted;
    switch (wanted) {
      case Deadline::kNone:
        DeadlineList::Disarm(&read_node_);
        break;
      case Deadline::kHeader:
        core_->header_deadlines.Arm(&read_node_, core_->now());
        break;
      case Deadline::kIdle:
        core_->idle_deadlines.Arm(&read_node_, core_->now());
        break;
      case Deadline::kBody:
        core_->body_deadlines.Arm(&read_node_, core_->now());
        break;
      case Deadline::kLinger:
        core_->linger_deadlines.Arm(&read_node_, core_->now());
        break;
    }
  }
  if (queue_.empty()) {
    DeadlineList::Disarm(&write_node_);
  } else if (wrote_ || !write_node_.armed()) {
    core_->write_deadlines.Arm(&write_node_, core_->now());
  }
  wrote_ = false;
}

void Connection::SettleEvents() {
  int events = 0;
  if (!queue_.empty() || yielding_) events |= UV_WRITABLE;
  if (!end_of_input_) {
    bool read = false;
    switch (reading_) {
      case Reading::kHead:
        read = buffered() == 0;
        break;
      case Reading::kBody:
        read = buffered() == 0 && RoomForBody();
        break;
      case Reading::kWait:
        read = buffered() < kMaxReadAhead;
        break;
      case Reading::kIgnore:
        read = lingering_;
        break;
    }
    if (read) {
      events |= UV_READABLE;
    } else if (!half_closed_ || (exchange_ && !produced_)) {
      events |= UV_DISCONNECT;
    }
  }
  if (events == polled_events_) return;
  polled_events_ = events;
  if (events == 0) {
    uv_poll_stop(&poll_);
    return;
  }
  uv_poll_start(&poll_, events, [](uv_poll_t* handle, int status, int ready) {
    static_cast<Connection*>(handle->data)->OnPoll(status, ready);
  });
}

}  // namespace verge::http
