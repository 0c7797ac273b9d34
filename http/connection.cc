// A connection's events, from the socket's opening to its end. What it reads and writes: connection_input.cc,
// connection_output.cc.
#include "http/connection.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "http/server_core.h"
#include "http/server_transport.h"

namespace verge::http {

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
  tls_ = core_->tls ? TlsSession::Create(*core_->tls, fd) : nullptr;
  aborted_ = core_->tls && !tls_;  // out of memory
  parser_.Init(&core_->limits, core_->heads.get(), client_address_, tls_ != nullptr, core_->forwarding.get());
  reading_ = Reading::kHead;
  deadline_ = Deadline::kNone;
  polled_events_ = 0;
  request_number_ = 0;
  open_ = true;
  broken_ = false;
  chunked_ = awaits_continue_ = got_body_bytes_ = wrote_ = produced_ = pulling_ = false;
  transport_ = nullptr;
  raw_started_ = raw_paused_ = raw_blocked_ = raw_shutdown_ = false;
  raw_error_ = "the connection was lost";
  close_ = linger_ = lingering_ = reset_ = end_of_input_ = half_closed_ = yielding_ = failed_ = false;
  Settle();
  if (aborted_) Schedule();
  return true;
}

void Connection::Close() {
  if (!open_) return;
  open_ = false;
  core_->OnConnectionClosing(this);
  DeadlineList::Disarm(&read_node_);
  DeadlineList::Disarm(&write_node_);
  core_->Unschedule(this);

  if (tls_) {
    if (!reset_) tls_->Shutdown();
    tls_.reset();
  }
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

  if (ServerTransport* transport = std::exchange(transport_, nullptr)) transport->Close(raw_error_);
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
  if (pumping_ || !open_) return;
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
  int reads = 0;
  do {
    if (CanReceiveMore()) {
      OnReadable();
      if (++reads == kMaxReads) yielding_ = true;
      if (!open_) break;
    }
    ConsumeBuffered();
    PullSource();
    if (failed_) EndFailedResponse();
    DeliverRaw();
    if (aborted_ || broken_ || !Flush()) Close();
    if (open_) DrainedRaw();
  } while (open_ && !yielding_ &&
           (CanConsumeBuffered() || CanPull() || CanDeliverRaw() || CanReceiveMore() || aborted_));
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
  if (events & UV_READABLE || (events & UV_WRITABLE && tls_ && tls_->wants_write())) {
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

std::optional<std::string_view> Connection::Receive() {
  const std::span<uint8_t> buffer = core_->read_buffer.Next();
  size_t size = 0;
  if (tls_) [[unlikely]] {
    switch (tls_->Read(buffer, size)) {
      case TlsSession::Result::kDone:
        parser_.SetTls(tls_->version(), tls_->cipher());
        break;
      case TlsSession::Result::kBlocked:
        return std::nullopt;
      case TlsSession::Result::kEnd:
        OnEndOfInput();
        return std::nullopt;
      case TlsSession::Result::kBroken:
        Close();
        return std::nullopt;
    }
  } else {
    const ssize_t count = recv(fd_, buffer.data(), buffer.size(), 0);
    if (count < 0) {
      if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) Close();
      return std::nullopt;
    }
    if (count == 0) {
      OnEndOfInput();
      return std::nullopt;
    }
    size = static_cast<size_t>(count);
  }
  return std::string_view(reinterpret_cast<const char*>(buffer.data()), size);
}

void Connection::OnReadable() {
  const std::optional<std::string_view> received = Receive();
  if (!received) return;
  const std::string_view data = *received;
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
  if (reading_ == Reading::kRaw) {
    ReceiveRaw(data);
    return;
  }
  const size_t consumed = Consume(data);
  if (open_ && consumed < data.size()) input_.assign(data.substr(consumed));
}

void Connection::OnEndOfInput() {
  end_of_input_ = true;
  raw_error_ = "";
  if (lingering_ || reading_ == Reading::kRaw || (exchange_ && !produced_)) {
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
      if (tls_ && !tls_->established()) {
        Close();
        return;
      }
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

void Connection::OnWriteDeadline() {
  raw_error_ = "the peer does not read";
  Close();
}

// ---- Between events

void Connection::Settle() {
  if (queue_.empty() && !exchange_) {
    if (lingering_) {
      // Until the client closes, too.
    } else if (reading_ == Reading::kIgnore && linger_ && !end_of_input_ && !reset_) {
      Linger();
    } else if (raw_shutdown_) {
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
  if (tls_) tls_->Shutdown();
  shutdown(fd_, SHUT_WR);
  lingering_ = true;
  discarded_ = 0;
}

void Connection::SettleDeadlines() {
  Deadline wanted = Deadline::kNone;
  bool restart = false;
  if (lingering_) {
    wanted = Deadline::kLinger;
  } else if (reading_ == Reading::kHead && (parser_.started() || (tls_ && !tls_->established()))) {
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

bool Connection::WantsInput() const {
  switch (reading_) {
    case Reading::kHead:
      return buffered() == 0;
    case Reading::kBody:
      return buffered() == 0 && RoomForBody();
    case Reading::kWait:
      return buffered() < kMaxReadAhead;
    case Reading::kIgnore:
      return lingering_;
    case Reading::kRaw:
      return lingering_ || (raw_started_ && !raw_paused_ && buffered() == 0);
  }
  return false;
}

void Connection::SettleEvents() {
  int events = 0;
  if (!queue_.empty() || yielding_ || (tls_ && tls_->wants_write())) events |= UV_WRITABLE;
  if (!end_of_input_) {
    if (WantsInput()) {
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
