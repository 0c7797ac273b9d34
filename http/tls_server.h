// HTTP over TLS: a server whose connections are encrypted (RFC 8446, RFC 5246, RFC 9110 4.2.2).
#ifndef HTTP_TLS_SERVER_H_
#define HTTP_TLS_SERVER_H_

#include <uv.h>

#include <expected>
#include <memory>
#include <span>
#include <string>

#include "http/server.h"

namespace verge::http {

// A certificate with its private key: PEM files, the certificate first, then those that lead to a root.
struct TlsCertificate {
  std::string certificate_file;
  std::string key_file;  // may be the same file
};

// The certificates of a server, for all its loops. TLS 1.2 or later.
class TlsIdentity {
 public:
  virtual ~TlsIdentity() = default;

  // A client that names a host gets the first certificate that is for it, others and those that name none get the first
  // one of all. The error names the file and what is wrong with it.
  static std::expected<std::shared_ptr<const TlsIdentity>, std::string> Load(
      std::span<const TlsCertificate> certificates);
};

// As Server::Create. A client that takes longer for the handshake than the limits allow for a request's head is
// disconnected; one that speaks plain HTTP is told so. Requests are `secure()`.
std::unique_ptr<Server> CreateTlsServer(uv_loop_t* loop, RequestHandler* handler, const ServerLimits& limits,
                                        std::shared_ptr<const TlsIdentity> identity,
                                        std::shared_ptr<Forwarding> forwarding = nullptr);

}  // namespace verge::http

#endif  // HTTP_TLS_SERVER_H_
