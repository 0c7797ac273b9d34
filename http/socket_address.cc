#include "http/socket_address.h"

#include <arpa/inet.h>

#include <array>

namespace verge::http {

void SocketAddress::set_port(uint16_t port) { (is_v6() ? v6.sin6_port : v4.sin_port) = htons(port); }

std::optional<SocketAddress> ParseAddress(std::string_view text) {
  if (text.starts_with('[')) {
    if (!text.ends_with(']') || !text.contains(':')) return std::nullopt;
    text = text.substr(1, text.size() - 2);
  }
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size() || text.contains('\0')) return std::nullopt;
  text.copy(terminated.data(), text.size());
  SocketAddress address;
  if (inet_pton(AF_INET, terminated.data(), &address.v4.sin_addr) == 1) {
    address.v4.sin_family = AF_INET;
    return address;
  }
  if (inet_pton(AF_INET6, terminated.data(), &address.v6.sin6_addr) == 1) {
    address.v6.sin6_family = AF_INET6;
    return address;
  }
  return std::nullopt;
}

std::optional<SocketAddress> FromSockaddr(const sockaddr& address) {
  SocketAddress copy;
  if (address.sa_family == AF_INET) {
    copy.v4 = reinterpret_cast<const sockaddr_in&>(address);
  } else if (address.sa_family == AF_INET6) {
    copy.v6 = reinterpret_cast<const sockaddr_in6&>(address);
  } else {
    return std::nullopt;
  }
  return copy;
}

std::string AddressText(const SocketAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.is_v6()) {
    inet_ntop(AF_INET6, &address.v6.sin6_addr, text.data(), text.size());
  } else {
    inet_ntop(AF_INET, &address.v4.sin_addr, text.data(), text.size());
  }
  return text.data();
}

}  // namespace verge::http
