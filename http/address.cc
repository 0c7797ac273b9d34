#include "http/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <memory>

#include "http/server.h"

namespace verge::http {

namespace {

std::string BindError(int error, std::string_view host, int port) {
  const std::string number = std::to_string(port);
  const std::string name(host);
  switch (error) {
    case EADDRINUSE:
      return "port " + number + " is in use on " + name + "; choose another with --port, or 0 for any free one";
    case EACCES:
      return "no permission to listen on port " + number +
             (port < 1024
                  ? ": ports below 1024 need the capability CAP_NET_BIND_SERVICE; choose one from 1024 on with --port"
                  : "; choose another with --port");
    case EADDRNOTAVAIL:
      return "this machine has no address " + name + "; use one of its own, such as 127.0.0.1, or 0.0.0.0 for all";
    default:
      return "cannot listen on " + name + " port " + number + ": " + strerrordesc_np(error);
  }
}

constexpr std::string_view kDescriptor = "fd://";

// -1, with errno: it has none.
int PortOf(int fd) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return -1;
  return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(bound).sin6_port
                                           : reinterpret_cast<const sockaddr_in&>(bound).sin_port);
}

std::expected<BoundSocket, std::string> TakeDescriptor(std::string_view host) {
  const std::string_view number = host.substr(kDescriptor.size());
  int fd = -1;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), fd);
  const bool whole = error == std::errc() && end == number.data() + number.size() && fd >= 0;
  const int port = whole ? PortOf(fd) : -1;
  if (port < 0) return std::unexpected("\"" + std::string(host) + "\" is no socket of this process");
  return BoundSocket{.fd = fd, .port = port};
}

}  // namespace

std::expected<BoundSocket, std::string> Bind(std::string_view host, int port, bool reuse_port) {
  if (port < 0 || port > 65535) {
    return std::unexpected("there is no port " + std::to_string(port) +
                           "; ports go from 1 to 65535, 0 takes any free one");
  }
  if (host.starts_with(kDescriptor)) return TakeDescriptor(host);
  std::string address(host == "localhost" ? std::string_view("127.0.0.1") : host);
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);

  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  addrinfo* found = nullptr;
  if (address.empty() || getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found) != 0 || !found) {
    return std::unexpected(
        "\"" + std::string(host) +
        "\" is not an address to listen on; use an IP address such as 127.0.0.1, ::1 or 0.0.0.0, or localhost");
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(found, &freeaddrinfo);

  const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0) return std::unexpected(BindError(errno, host, port));
  const int on = 1;
  const int off = 0;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (reuse_port) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (found->ai_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  // Accepted sockets inherit it.
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);

  const int bound = bind(fd, found->ai_addr, found->ai_addrlen) == 0 ? PortOf(fd) : -1;
  if (bound < 0) {
    const int error = errno;
    close(fd);
    return std::unexpected(BindError(error, host, port));
  }
  return BoundSocket{.fd = fd, .port = bound};
}

std::string AddressText(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&v6)) {
      inet_ntop(AF_INET, &v6.s6_addr[12], text.data(), text.size());
    } else {
      inet_ntop(AF_INET6, &v6, text.data(), text.size());
    }
  } else if (address.ss_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text.data(), text.size());
  }
  return text.data();
}

std::expected<int, std::string> ProbeAddress(std::string_view host, int port) {
  const std::expected<BoundSocket, std::string> bound = Bind(host, port, false);
  if (!bound) return std::unexpected(bound.error());
  // Binding may succeed beside a socket that listens with SO_REUSEADDR; listening does not.
  const int error = listen(bound->fd, 1) == 0 ? 0 : errno;
  close(bound->fd);
  if (error != 0) return std::unexpected(BindError(error, host, port));
  return bound->port;
}

}  // namespace verge::http
