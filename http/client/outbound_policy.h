// To which addresses outbound connections may be made. Checked after resolution, for the very address that is connected
// to: a name that resolves to a private address, or does so the second time only, does not get around it.
#ifndef HTTP_CLIENT_OUTBOUND_POLICY_H_
#define HTTP_CLIENT_OUTBOUND_POLICY_H_

#include <sys/socket.h>

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "http/address_range.h"

namespace verge::http {

class OutboundPolicy {
 public:
  // Everything is allowed.
  OutboundPolicy() = default;

  // Only what is publicly routable: no loopback, private, link-local, shared, multicast, documentation or reserved
  // address (the IANA special-purpose registries, RFC 6890), in IPv4-mapped, NAT64 and 6to4 form neither.
  static OutboundPolicy PublicOnly();

  // An exception: "10.1.2.3", "10.0.0.0/8", "127.0.0.1:8080", "[::1]:8080", "fd00::/8". An error says what is wrong.
  std::expected<void, std::string> Allow(std::string_view text);

  // `address` with its port.
  [[nodiscard]] bool Allows(const sockaddr& address) const;

 private:
  bool public_only_ = false;
  std::vector<AddressRange> allowed_;
};

}  // namespace verge::http

#endif  // HTTP_CLIENT_OUTBOUND_POLICY_H_
