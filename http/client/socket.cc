#include "http/client/socket.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

namespace verge::http {

std::expected<OutboundSocket::Pointer, int> OutboundSocket::Connect(uv_loop_t* loop, const SocketAddress& address,
                                                                    Owner* owner) {
  const int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0) return std::unexpected(errno);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(fd, &address.any, address.size()) != 0 && errno != EINPROGRESS && errno != EINTR) {
    const int error = errno;
    close(fd);
    return std::unexpected(error);
  }
  auto* made = new OutboundSocket;
  if (uv_poll_init(loop, &made->poll_, fd) != 0) {
    close(fd);
    delete made;
    return std::unexpected(ENOMEM);
  }
  made->fd_ = fd;
  made->poll_.data = made;
  made->owner_ = owner;
  Pointer socket(made);
  socket->Watch(UV_WRITABLE);
  return socket;
}

void OutboundSocket::Close() {
  owner_ = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_),
           [](uv_handle_t* handle) { delete static_cast<OutboundSocket*>(handle->data); });
  // It says goodbye.
  tls_.reset();
  close(std::exchange(fd_, -1));
}

int OutboundSocket::ConnectError() const {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

bool OutboundSocket::StartTls(const TlsContext& context, std::string_view host, TlsSessionSlot* slot) {
  tls_ = TlsStream::Create(context, fd_, host, slot);
  return tls_ != nullptr;
}

TlsStream::Result OutboundSocket::Handshake() {
  const TlsStream::Result result = tls_->Handshake();
  Watch(result == TlsStream::Result::kWantWrite ? UV_WRITABLE : UV_READABLE);
  return result;
}

OutboundSocket::Input OutboundSocket::Read(std::span<uint8_t> buffer, size_t& count) {
  count = 0;
  if (!tls_) {
    const ssize_t got = recv(fd_, buffer.data(), buffer.size(), 0);
    if (got > 0) {
      count = static_cast<size_t>(got);
      return Input::kData;
    }
    if (got == 0) return Input::kEnd;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? Input::kNothing : Input::kBroken;
  }
  read_wants_write_ = false;
  switch (tls_->Read(buffer.data(), buffer.size(), count)) {
    case TlsStream::Result::kDone:
      return Input::kData;
    case TlsStream::Result::kWantWrite:
      read_wants_write_ = true;
      return Input::kNothing;
    case TlsStream::Result::kWantRead:
      return Input::kNothing;
    case TlsStream::Result::kEnd:
      return Input::kEnd;
    case TlsStream::Result::kTruncated:
      return Input::kTruncated;
    case TlsStream::Result::kFailed:
      break;
  }
  return Input::kBroken;
}

bool OutboundSocket::HasInput() const {
  char byte;
  if (recv(fd_, &byte, 1, MSG_PEEK) >= 0) return true;
  return errno != EAGAIN && errno != EWOULDBLOCK;
}

WriteQueue::Result OutboundSocket::Flush() {
  if (!tls_) return queue_.Send(fd_);
  write_wants_read_ = false;
  while (!queue_.empty()) {
    size_t count = 0;
    switch (tls_->Write(queue_.front(), count)) {
      case TlsStream::Result::kDone:
        queue_.Advance(count);
        break;
      case TlsStream::Result::kWantRead:
        write_wants_read_ = true;
        return WriteQueue::Result::kBlocked;
      case TlsStream::Result::kWantWrite:
        return WriteQueue::Result::kBlocked;
      default:
        return WriteQueue::Result::kBroken;
    }
  }
  return WriteQueue::Result::kDone;
}

void OutboundSocket::ShutdownWrite() {
  if (tls_) tls_->Shutdown();
  shutdown(fd_, SHUT_WR);
}

void OutboundSocket::Watch(int events) {
  wanted_ = events;
  if (read_wants_write_ && (events & UV_READABLE)) events |= UV_WRITABLE;
  if (write_wants_read_ && (events & UV_WRITABLE)) events = (events & ~UV_WRITABLE) | UV_READABLE;
  if (events == polled_) return;
  polled_ = events;
  if (events == 0) {
    uv_poll_stop(&poll_);
    return;
  }
  uv_poll_start(&poll_, events, [](uv_poll_t* poll, int status, int ready) {
    static_cast<OutboundSocket*>(poll->data)->OnPoll(status, ready);
  });
}

void OutboundSocket::OnPoll(int status, int events) {
  if (!owner_) return;
  if (status < 0) {
    // libuv has stopped watching. There may still be bytes to read before the error.
    events = UV_READABLE | UV_WRITABLE;
    polled_ = 0;
  }
  if (read_wants_write_ && (events & UV_WRITABLE)) events |= UV_READABLE;
  if (write_wants_read_ && (events & UV_READABLE)) events |= UV_WRITABLE;
  owner_->OnSocketReady(events & (wanted_ | UV_READABLE));
}

}  // namespace verge::http
