// A socket as OpenSSL's input and output. OpenSSL's own would raise SIGPIPE.
#ifndef HTTP_TLS_SOCKET_H_
#define HTTP_TLS_SOCKET_H_

#include <openssl/bio.h>

namespace verge::http {

// Over a non-blocking socket that somebody else owns and closes. Null: no memory.
BIO* NewSocketBio(int fd);

}  // namespace verge::http

#endif  // HTTP_TLS_SOCKET_H_
