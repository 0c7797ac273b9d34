// TLS for the client's connections (RFC 8446, RFC 5246), on OpenSSL.
#ifndef HTTP_CLIENT_TLS_H_
#define HTTP_CLIENT_TLS_H_

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace verge::http {

struct SslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};

// Where a host's session is kept for the next handshake.
struct TlsSessionSlot {
  std::unique_ptr<SSL_SESSION, SslDeleter> session;
};

// What all connections of a client share. The trusted roots are shared by all threads.
class TlsContext {
 public:
  // `ca_file` replaces the system's roots, which are where SSL_CERT_FILE and SSL_CERT_DIR say, or at the usual places.
  // An error says what is wrong with it.
  static std::expected<std::unique_ptr<TlsContext>, std::string> Create(const std::string& ca_file);

  [[nodiscard]] SSL_CTX* get() const { return context_.get(); }

 private:
  TlsContext() = default;
  std::unique_ptr<SSL_CTX, SslDeleter> context_;
  std::shared_ptr<X509_STORE> roots_;
};

// The client's side of one TLS connection, over a non-blocking socket that somebody else owns and watches.
class TlsStream {
 public:
  enum class Result : uint8_t {
    kDone,
    kWantRead,   // once the socket is readable, the same again
    kWantWrite,  // once it is writable
    kEnd,        // the peer ended the stream properly
    kTruncated,  // the connection ended without that
    kFailed,
  };

  // `host` as in a URL. `slot` must outlive the stream.
  static std::unique_ptr<TlsStream> Create(const TlsContext& context, int fd, std::string_view host,
                                           TlsSessionSlot* slot);
  // Says goodbye if it can, so that the session can be resumed.
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  Result Handshake();
  // kDone: `count` bytes were read or written.
  Result Read(uint8_t* buffer, size_t size, size_t& count);
  Result Write(std::string_view data, size_t& count);
  // Says that nothing more is going to be sent.
  void Shutdown();

  // Whether there may be bytes to read that the socket knows nothing of.
  [[nodiscard]] bool pending() const;

  // After a failed handshake: why, with the peer's name.
  [[nodiscard]] std::string HandshakeError(std::string_view peer) const;

 private:
  TlsStream() = default;
  Result ResultOf(int returned);

  std::unique_ptr<SSL, SslDeleter> ssl_;
  unsigned long error_ = 0;  // NOLINT(google-runtime-int): as OpenSSL has it
  bool truncated_ = false;
  bool failed_ = false;
};

}  // namespace verge::http

#endif  // HTTP_CLIENT_TLS_H_
