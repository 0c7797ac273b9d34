#include "http/forwarding.h"

#include <sys/random.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "http/field_syntax.h"
#include "http/message.h"

namespace verge::http {

Forwarding::Forwarding(std::vector<AddressRange> proxies) : proxies_(std::move(proxies)), ray_(0) {
  // Without randomness rays are unique in this process only.
  if (getrandom(&ray_, sizeof ray_, 0) != sizeof ray_) ray_ = reinterpret_cast<uintptr_t>(this);
}

bool Forwarding::Owns(std::string_view name) {
  // The lengths tell nearly all other fields apart.
  switch (name.size()) {
    case 6:
      return EqualsIgnoreCase(name, "cf-ray");
    case 9:
      return EqualsIgnoreCase(name, "x-real-ip");
    case 10:
      return EqualsIgnoreCase(name, "cf-visitor");
    case 12:
      return EqualsIgnoreCase(name, "cf-ipcountry");
    case 14:
      return EqualsIgnoreCase(name, "true-client-ip") || EqualsIgnoreCase(name, "cf-pseudo-ipv4");
    case 15:
      return EqualsIgnoreCase(name, "x-forwarded-for");
    case 16:
      return EqualsIgnoreCase(name, "cf-connecting-ip");
    case 17:
      return EqualsIgnoreCase(name, "x-forwarded-proto");
    case 18:
      return EqualsIgnoreCase(name, "cf-connecting-ipv6");
    default:
      return false;
  }
}

bool Forwarding::Trusts(std::string_view address) const {
  if (proxies_.empty()) return false;
  const std::optional<AddressOctets> octets = ParseOctets(address);
  return octets && std::ranges::any_of(proxies_, [&](const AddressRange& range) { return range.Contains(*octets); });
}

std::string_view Forwarding::ClientOf(std::string_view forwarded_for, std::string_view peer) const {
  std::string_view client = peer;
  while (!forwarded_for.empty()) {
    const size_t comma = forwarded_for.rfind(',');
    const std::string_view last =
        TrimBlanks(comma == std::string_view::npos ? forwarded_for : forwarded_for.substr(comma + 1));
    // What is no address was not written by a proxy that can be trusted; whoever wrote it is the client.
    if (last.starts_with('[') || !ParseOctets(last)) return client;
    client = last;
    if (!Trusts(last) || comma == std::string_view::npos) return client;
    forwarded_for = forwarded_for.substr(0, comma);
  }
  return client;
}

// A step of SplitMix64: each number once in 2^64, with nothing to be seen of the one before.
std::array<char, 16> Forwarding::NextRay() {
  ray_ += 0x9e3779b97f4a7c15;
  uint64_t mixed = ray_;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  mixed ^= mixed >> 31;
  std::array<char, 16> digits;
  for (char& digit : digits) {
    digit = "0123456789abcdef"[mixed >> 60];
    mixed <<= 4;
  }
  return digits;
}

}  // namespace verge::http
