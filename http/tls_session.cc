#include "http/tls_session.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include "http/tls_identity.h"
#include "http/tls_socket.h"

namespace verge::http {

namespace {

constexpr std::string_view kPlainAnswer =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 40\r\nConnection: close\r\n\r\n"
    "This server speaks HTTPS; use https://.\n";

}  // namespace

std::unique_ptr<TlsSession> TlsSession::Create(const TlsIdentity& identity, int fd) {
  std::unique_ptr<TlsSession> session(new TlsSession);
  session->ssl_.reset(SSL_new(ContextOf(identity)));
  BIO* bio = session->ssl_ ? NewSocketBio(fd) : nullptr;
  if (!bio) return nullptr;
  session->fd_ = fd;
  SSL_set_bio(session->ssl_.get(), bio, bio);
  SSL_set_accept_state(session->ssl_.get());
  return session;
}

TlsSession::Result TlsSession::ResultOf(int returned) {
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_WRITE:
      wants_write_ = true;
      return Result::kBlocked;
    case SSL_ERROR_WANT_READ:
      return Result::kBlocked;
    case SSL_ERROR_ZERO_RETURN:
      return Result::kEnd;
    case SSL_ERROR_SYSCALL:
      failed_ = true;
      ERR_clear_error();
      return Result::kEnd;
    default: {
      failed_ = true;
      const int reason = ERR_GET_REASON(ERR_peek_error());
      ERR_clear_error();
      if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) return Result::kEnd;
      if (reason == SSL_R_HTTP_REQUEST) (void)!send(fd_, kPlainAnswer.data(), kPlainAnswer.size(), MSG_NOSIGNAL);
      return Result::kBroken;
    }
  }
}

TlsSession::Result TlsSession::Read(std::span<uint8_t> buffer, size_t& count) {
  count = 0;
  has_more_ = wants_write_ = false;
  if (failed_) return Result::kEnd;
  // One call brings one record at most.
  while (count < buffer.size()) {
    size_t got = 0;
    ERR_clear_error();
    const int returned = SSL_read_ex(ssl_.get(), buffer.data() + count, buffer.size() - count, &got);
    if (!established_) established_ = SSL_is_init_finished(ssl_.get()) == 1;
    if (returned != 1) {
      const Result result = ResultOf(returned);
      if (count == 0) return result;
      // What ended the reading comes again the next time, which must not wait for the socket.
      has_more_ = result != Result::kBlocked;
      return Result::kDone;
    }
    count += got;
  }
  has_more_ = true;
  return Result::kDone;
}

WriteQueue::Result TlsSession::Send(WriteQueue& queue) {
  if (failed_) return WriteQueue::Result::kBroken;
  while (!queue.empty()) {
    const std::string_view front = queue.front();
    size_t count = 0;
    ERR_clear_error();
    const int returned = SSL_write_ex(ssl_.get(), front.data(), front.size(), &count);
    if (returned != 1) {
      const bool waits_to_read = wants_write_;
      const Result result = ResultOf(returned);
      wants_write_ = waits_to_read;  // that is about reading
      return result == Result::kBlocked ? WriteQueue::Result::kBlocked : WriteQueue::Result::kBroken;
    }
    queue.Advance(count);
  }
  return WriteQueue::Result::kDone;
}

void TlsSession::Shutdown() {
  if (failed_ || !established_) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

}  // namespace verge::http
