// IPv4 and IPv6 socket addresses as values.
#ifndef HTTP_SOCKET_ADDRESS_H_
#define HTTP_SOCKET_ADDRESS_H_

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace verge::http {

union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;

  SocketAddress() : v6{} {}
  [[nodiscard]] bool is_v6() const { return any.sa_family == AF_INET6; }
  [[nodiscard]] socklen_t size() const { return is_v6() ? sizeof v6 : sizeof v4; }
  void set_port(uint16_t port);
};

// "127.0.0.1", "::1" or "[::1]", in full and nothing else: neither "127.1" nor a zone. Port 0.
std::optional<SocketAddress> ParseAddress(std::string_view text);

// Null for other families. Copies the port, too.
std::optional<SocketAddress> FromSockaddr(const sockaddr& address);

// Without the port.
std::string AddressText(const SocketAddress& address);

}  // namespace verge::http

#endif  // HTTP_SOCKET_ADDRESS_H_
