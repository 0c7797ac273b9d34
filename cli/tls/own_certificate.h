// A certificate for this machine, made by the program itself: for HTTPS in development.
#ifndef CLI_TLS_OWN_CERTIFICATE_H_
#define CLI_TLS_OWN_CERTIFICATE_H_

#include <expected>
#include <string>

#include "http/tls_server.h"

namespace verge::cli {

// The certificate kept in `folder` ("tls/cert.pem" and "tls/key.pem", the key for its owner only), made if there is
// none that is good for some more days. It is for localhost, 127.0.0.1 and ::1, and signed by nobody else. The error is
// for a terminal.
std::expected<http::TlsCertificate, std::string> OwnCertificate(const std::string& folder);

}  // namespace verge::cli

#endif  // CLI_TLS_OWN_CERTIFICATE_H_
