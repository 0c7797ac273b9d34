// Listening sockets: addresses as a person writes them, and errors that a person can act on.
#ifndef HTTP_ADDRESS_H_
#define HTTP_ADDRESS_H_

#include <sys/socket.h>

#include <expected>
#include <string>
#include <string_view>

namespace verge::http {

struct BoundSocket {
  int fd;
  int port;
};

// A non-blocking TCP socket bound to `host` and `port`; not listening yet. A host "fd://7" means the descriptor 7,
// which was bound before, and takes it over: for a process that has given up the right to bind since.
std::expected<BoundSocket, std::string> Bind(std::string_view host, int port, bool reuse_port);

// The address without the port; an IPv4 address that came through an IPv6 socket in its own form.
std::string AddressText(const sockaddr_storage& address);

}  // namespace verge::http

#endif  // HTTP_ADDRESS_H_
