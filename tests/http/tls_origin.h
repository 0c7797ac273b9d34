// The other end of TLS: certificates made on the spot, and a server's side on top of a raw connection.
#ifndef TESTS_HTTP_TLS_ORIGIN_H_
#define TESTS_HTTP_TLS_ORIGIN_H_

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

#include "tests/http/loop_fixture.h"

namespace verge::http {

struct TestCertificate {
  std::shared_ptr<X509> certificate;
  std::shared_ptr<EVP_PKEY> key;
  // Writes it to a file of its own, whose name it returns.
  [[nodiscard]] std::string WriteToFile() const;
};

struct CertificateOptions {
  std::string name = "test";
  std::string alternatives;  // "DNS:localhost,IP:127.0.0.1"
  bool authority = false;
  long from = -3600;  // seconds from now
  long to = 3600;
  const TestCertificate* issuer = nullptr;  // null: signs itself
};

TestCertificate MakeCertificate(const CertificateOptions& options);

// A server's settings. Sessions can be resumed.
std::shared_ptr<SSL_CTX> MakeServerContext(const TestCertificate& certificate);

class TlsPeer {
 public:
  TlsPeer(SSL_CTX* context, TestClient& peer);
  // Moves what there is to be moved. To be called after each turn of the loop.
  void Pump();
  void Send(std::string_view data);
  void Shutdown();  // sends close_notify
  [[nodiscard]] SSL* ssl() const { return ssl_.get(); }
  [[nodiscard]] size_t unsent() const { return output_.size(); }
  TestClient& peer() { return peer_; }

  std::string input;
  bool established = false;
  bool failed = false;
  bool ended = false;  // by close_notify

 private:
  void MoveOut();
  TestClient& peer_;
  std::shared_ptr<SSL> ssl_;
  std::string output_;
};

}  // namespace verge::http

#endif  // TESTS_HTTP_TLS_ORIGIN_H_
