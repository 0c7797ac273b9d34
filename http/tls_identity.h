// What is behind a TlsIdentity.
#ifndef HTTP_TLS_IDENTITY_H_
#define HTTP_TLS_IDENTITY_H_

#include <openssl/ssl.h>

#include "http/tls_server.h"

namespace verge::http {

// What new connections begin with; the identity's.
SSL_CTX* ContextOf(const TlsIdentity& identity);

}  // namespace verge::http

#endif  // HTTP_TLS_IDENTITY_H_
