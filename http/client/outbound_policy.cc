#include "http/client/outbound_policy.h"

#include <algorithm>
#include <array>
#include <optional>

#include "http/address_range.h"
#include "http/socket_address.h"

namespace verge::http {

namespace {

using Octets = AddressOctets;

struct Prefix4 {
  uint32_t address;
  int bits;
};

struct Prefix6 {
  std::array<uint16_t, 4> groups;  // the rest is zero
  int bits;
};

// The IANA IPv4 Special-Purpose Address Registry, all that is not plainly global unicast, and multicast (RFC 5771).
// Of 192.0.0.0/24 two anycast addresses are reachable, for protocols that are not HTTP.
constexpr Prefix4 kSpecial4[] = {
    {0x00000000, 8},   // "this network"
    {0x0a000000, 8},   // private use
    {0x64400000, 10},  // shared address space
    {0x7f000000, 8},   // loopback
    {0xa9fe0000, 16},  // link-local
    {0xac100000, 12},  // private use
    {0xc0000000, 24},  // IETF protocol assignments
    {0xc0000200, 24},  // documentation (TEST-NET-1)
    {0xc01fc400, 24},  // AS112
    {0xc034c100, 24},  // AMT
    {0xc0586300, 24},  // 6to4 relay anycast, deprecated
    {0xc0a80000, 16},  // private use
    {0xc0af3000, 24},  // AS112
    {0xc6120000, 15},  // benchmarking
    {0xc6336400, 24},  // documentation (TEST-NET-2)
    {0xcb007100, 24},  // documentation (TEST-NET-3)
    {0xe0000000, 4},   // multicast
    {0xf0000000, 4},   // reserved, limited broadcast
};

// Within 2000::/3, outside of which nothing is global unicast: loopback, unique local, link-local, multicast,
// discard-only, local-use NAT64 and segment routing addresses are all out by that.
constexpr Prefix6 kSpecial6[] = {
    {{0x2001, 0x0000}, 23},          // IETF protocol assignments: Teredo, benchmarking, ORCHID and others
    {{0x2001, 0x0db8}, 32},          // documentation
    {{0x2620, 0x004f, 0x8000}, 48},  // AS112
    {{0x3fff, 0x0000}, 20},          // documentation
};

bool StartsWith(const Octets& octets, std::initializer_list<uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), octets.begin());
}

bool IsPublic4(const uint8_t* octets) {
  const uint32_t address = static_cast<uint32_t>(octets[0]) << 24 | static_cast<uint32_t>(octets[1]) << 16 |
                           static_cast<uint32_t>(octets[2]) << 8 | octets[3];
  return std::ranges::none_of(
      kSpecial4, [&](const Prefix4& prefix) { return (address ^ prefix.address) >> (32 - prefix.bits) == 0; });
}

bool IsMapped(const Octets& octets) { return StartsWith(octets, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}); }

bool IsPublic(const Octets& octets) {
  if (IsMapped(octets)) return IsPublic4(&octets[12]);
  // The well-known NAT64 prefix, 64:ff9b::/96 (RFC 6052).
  if (StartsWith(octets, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) return IsPublic4(&octets[12]);
  if ((octets[0] & 0xe0) != 0x20) return false;
  // 6to4 (RFC 3056).
  if (StartsWith(octets, {0x20, 0x02})) return IsPublic4(&octets[2]);
  return std::ranges::none_of(kSpecial6, [&](const Prefix6& prefix) {
    Octets expanded{};
    for (size_t i = 0; i < prefix.groups.size(); ++i) {
      expanded[2 * i] = static_cast<uint8_t>(prefix.groups[i] >> 8);
      expanded[2 * i + 1] = static_cast<uint8_t>(prefix.groups[i]);
    }
    return SharePrefix(octets, expanded, prefix.bits);
  });
}

}  // namespace

OutboundPolicy OutboundPolicy::PublicOnly() {
  OutboundPolicy policy;
  policy.public_only_ = true;
  return policy;
}

std::expected<void, std::string> OutboundPolicy::Allow(std::string_view text) {
  auto range = AddressRange::Parse(text);
  if (!range) return std::unexpected(range.error());
  allowed_.push_back(*range);
  return {};
}

bool OutboundPolicy::Allows(const sockaddr& address) const {
  if (!public_only_) return true;
  const std::optional<SocketAddress> known = FromSockaddr(address);
  if (!known) return false;
  const Octets octets = OctetsOf(*known);
  if (IsPublic(octets)) return true;
  const uint16_t port = ntohs(known->is_v6() ? known->v6.sin6_port : known->v4.sin_port);
  return std::ranges::any_of(allowed_, [&](const AddressRange& range) {
    return (range.port == 0 || range.port == port) && range.Contains(octets);
  });
}

}  // namespace verge::http
