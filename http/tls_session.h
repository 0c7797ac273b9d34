// The server's side of one TLS connection.
#ifndef HTTP_TLS_SESSION_H_
#define HTTP_TLS_SESSION_H_

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "http/tls_server.h"
#include "http/write_queue.h"

namespace verge::http {

// Over a non-blocking socket that the connection owns and watches. The handshake is made by the first reads.
class TlsSession {
 public:
  enum class Result : uint8_t {
    kDone,
    kBlocked,  // see wants_write: once the socket is ready, the same again
    kEnd,      // the client ended the stream, properly or not
    kBroken,   // TLS was hurt; a client of plain HTTP was told so
  };

  // Null: no memory.
  static std::unique_ptr<TlsSession> Create(const TlsIdentity& identity, int fd);

  // kDone: `count` bytes are there.
  Result Read(std::span<uint8_t> buffer, size_t& count);
  // Sends until everything is gone or the socket takes no more.
  WriteQueue::Result Send(WriteQueue& queue);
  // Says that nothing more will be sent.
  void Shutdown();

  [[nodiscard]] bool established() const { return established_; }
  // Once established, of static storage: "TLSv1.3", "TLS_AES_256_GCM_SHA384".
  [[nodiscard]] std::string_view version() const { return SSL_get_version(ssl_.get()); }
  [[nodiscard]] std::string_view cipher() const { return SSL_get_cipher_name(ssl_.get()); }
  // Whether a read may bring more though the socket has nothing.
  [[nodiscard]] bool has_more() const { return has_more_; }
  // Whether a read waits for the socket to take something.
  [[nodiscard]] bool wants_write() const { return wants_write_; }

 private:
  struct SslDeleter {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  TlsSession() = default;
  Result ResultOf(int returned);

  std::unique_ptr<SSL, SslDeleter> ssl_;
  int fd_ = -1;
  bool established_ = false;
  bool has_more_ = false;
  bool wants_write_ = false;
  bool failed_ = false;
};

}  // namespace verge::http

#endif  // HTTP_TLS_SESSION_H_
