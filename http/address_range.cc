#include "http/address_range.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "http/socket_address.h"

namespace verge::http {

namespace {

std::optional<int> ParseNumber(std::string_view text, int least, int most) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (number < least || number > most) return std::nullopt;
  return number;
}

}  // namespace

AddressOctets OctetsOf(const SocketAddress& address) {
  AddressOctets octets{};
  if (address.is_v6()) {
    std::memcpy(octets.data(), &address.v6.sin6_addr, 16);
  } else {
    octets[10] = octets[11] = 0xff;
    std::memcpy(&octets[12], &address.v4.sin_addr, 4);
  }
  return octets;
}

std::optional<AddressOctets> ParseOctets(std::string_view text) {
  const std::optional<SocketAddress> address = ParseAddress(text);
  if (!address) return std::nullopt;
  return OctetsOf(*address);
}

bool SharePrefix(const AddressOctets& a, const AddressOctets& b, int bits) {
  const auto whole = static_cast<size_t>(bits / 8);
  if (std::memcmp(a.data(), b.data(), whole) != 0) return false;
  if (bits % 8 == 0) return true;
  const auto mask = static_cast<uint8_t>(0xff << (8 - bits % 8));
  return ((a[whole] ^ b[whole]) & mask) == 0;
}

std::expected<AddressRange, std::string> AddressRange::Parse(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return std::unexpected("\"" + std::string(text) + "\" " + std::string(why));
  };
  constexpr std::string_view kForms =
      "is no address; write an IP address or a network, as in 10.1.2.3, 10.0.0.0/8, 127.0.0.1:8080, "
      "[::1]:8080 or fd00::/8";

  std::string_view host = text;
  std::string_view prefix;
  std::string_view port;
  bool has_prefix = false;
  bool has_port = false;
  if (const size_t slash = text.find('/'); slash != std::string_view::npos) {
    has_prefix = true;
    host = text.substr(0, slash);
    prefix = text.substr(slash + 1);
    if (host.starts_with('[')) return wrong(kForms);
  } else if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return wrong(kForms);
    host = text.substr(0, end + 1);
    if (end + 1 < text.size()) {
      if (text[end + 1] != ':') return wrong(kForms);
      has_port = true;
      port = text.substr(end + 2);
    }
  } else if (std::ranges::count(text, ':') == 1) {
    const size_t colon = text.find(':');
    has_port = true;
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }

  const std::optional<SocketAddress> address = ParseAddress(host);
  if (!address) return wrong(kForms);
  const int width = address->is_v6() ? 128 : 32;
  AddressRange range;
  if (has_prefix) {
    const std::optional<int> bits = ParseNumber(prefix, 0, width);
    if (!bits) return wrong("has no valid prefix length; it goes from 0 to " + std::to_string(width));
    range.bits = 128 - width + *bits;
  }
  if (has_port) {
    const std::optional<int> number = ParseNumber(port, 1, 65535);
    if (!number) return wrong("has no valid port; ports go from 1 to 65535");
    range.port = static_cast<uint16_t>(*number);
  }
  const AddressOctets octets = OctetsOf(*address);
  AddressOctets masked{};
  for (int i = 0; i < range.bits; ++i) {
    masked[static_cast<size_t>(i / 8)] |= static_cast<uint8_t>(octets[static_cast<size_t>(i / 8)] & (0x80 >> (i % 8)));
  }
  if (masked != octets) return wrong("has bits set beyond its prefix length; write the network's first address");
  range.first = octets;
  return range;
}

}  // namespace verge::http
