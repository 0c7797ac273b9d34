// Blocks of IP addresses, as an operator writes them.
#ifndef HTTP_ADDRESS_RANGE_H_
#define HTTP_ADDRESS_RANGE_H_

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace verge::http {

union SocketAddress;

// An IPv6 address in network order; one of IPv4 in the mapped form (RFC 4291, 2.5.5.2).
using AddressOctets = std::array<uint8_t, 16>;

AddressOctets OctetsOf(const SocketAddress& address);

// Of an address without a port: "192.0.2.1", "::1".
std::optional<AddressOctets> ParseOctets(std::string_view text);

// Whether the first `bits` are the same.
bool SharePrefix(const AddressOctets& a, const AddressOctets& b, int bits);

struct AddressRange {
  AddressOctets first{};
  int bits = 128;     // how many of them count
  uint16_t port = 0;  // 0: any

  // "10.1.2.3", "10.0.0.0/8", "127.0.0.1:8080", "[::1]:8080", "fd00::/8". An error says what is wrong.
  static std::expected<AddressRange, std::string> Parse(std::string_view text);

  [[nodiscard]] bool Contains(const AddressOctets& address) const { return SharePrefix(first, address, bits); }
};

}  // namespace verge::http

#endif  // HTTP_ADDRESS_RANGE_H_
