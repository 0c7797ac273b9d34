#include "bindings/url/url_parts.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace verge::bindings {
namespace {

// Two offsets in one word whose lowest bit is 0.
void* PackTwo(uint32_t high, uint32_t low) {
  return reinterpret_cast<void*>(static_cast<uintptr_t>(high) << 32 | static_cast<uintptr_t>(low) << 1);
}
uint32_t High(void* word) { return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(word) >> 32); }
uint32_t Low(void* word) { return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(word)) >> 1; }
static_assert(sizeof(uintptr_t) == 8);

// Characters that the parser leaves as they are, in paths and in queries of http URLs.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (char c : std::string_view("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~!$&()*+,;=:@/%")) {
    plain[static_cast<unsigned char>(c)] = true;
  }
  return plain;
}();

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }

// A decimal number without leading zeros, up to `max`.
std::optional<uint32_t> ReadNumber(std::string_view text, uint32_t max) {
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  uint32_t number = 0;
  for (char c : text) {
    if (!IsDigit(c)) return std::nullopt;
    number = number * 10 + static_cast<uint32_t>(c - '0');
  }
  return number <= max ? std::optional(number) : std::nullopt;
}

bool IsPlainHost(std::string_view host) {
  size_t label_start = 0;
  bool letters = false;
  int numbers = 0;
  for (size_t i = 0; i <= host.size(); ++i) {
    if (i < host.size() && host[i] != '.') {
      if (!IsLower(host[i]) && !IsDigit(host[i]) && host[i] != '-') return false;
      letters = letters || !IsDigit(host[i]);
      continue;
    }
    std::string_view label = host.substr(label_start, i - label_start);
    // Punycode is decoded and checked.
    if (label.empty() || label.starts_with("xn--")) return false;
    if (ReadNumber(label, 255)) ++numbers;
    label_start = i + 1;
  }
  // A last part that begins with a digit may be a number, and makes the host an IPv4 address in one of its many forms.
  std::string_view last = host.substr(host.rfind('.') + 1);
  if (!IsDigit(last.front())) return true;
  return !letters && numbers == 4 && std::ranges::count(host, '.') == 3;
}

}  // namespace

std::optional<UrlParts> UrlParts::OfNormalized(std::string_view url) {
  constexpr size_t kMaxLength = 1 << 16;
  if (url.size() > kMaxLength || url.size() < 8 || !url.starts_with("http")) return std::nullopt;
  size_t colon = url[4] == 's' ? 5 : 4;
  if (url.substr(colon, 3) != "://") return std::nullopt;
  size_t host_start = colon + 3;
  size_t path = url.find('/', host_start);
  if (path == std::string_view::npos) return std::nullopt;
  std::string_view host = url.substr(host_start, path - host_start);

  UrlParts parts;
  parts.flags_ = kTupleOrigin;
  parts.protocol_end_ = static_cast<uint32_t>(colon + 1);
  parts.username_end_ = parts.password_end_ = static_cast<uint32_t>(host_start);
  parts.pathname_start_ = static_cast<uint32_t>(path);
  parts.search_start_ = parts.hash_start_ = kNone;
  if (size_t port = host.find(':'); port != std::string_view::npos) {
    auto number = ReadNumber(host.substr(port + 1), 65535);
    if (!number || *number == (colon == 5 ? 443u : 80u)) return std::nullopt;
    parts.flags_ |= kHasPort;
    host = host.substr(0, port);
  }
  if (!IsPlainHost(host)) return std::nullopt;
  parts.host_end_ = static_cast<uint32_t>(host_start + host.size());

  size_t i = path;
  for (; i < url.size() && url[i] != '?'; ++i) {
    char c = url[i];
    if (!kPlain[static_cast<unsigned char>(c)]) return std::nullopt;
    // Dot segments, plain ("/.") or in disguise ("%2e"), are resolved.
    if (c == '.' && url[i - 1] == '/') return std::nullopt;
    if (c == '2' && url[i - 1] == '%') return std::nullopt;
  }
  if (i == url.size()) return parts;
  parts.search_start_ = static_cast<uint32_t>(i);
  for (++i; i < url.size(); ++i) {
    if (!kPlain[static_cast<unsigned char>(url[i])] && url[i] != '?') return std::nullopt;
  }
  return parts;
}

UrlParts::UrlParts(const ada::url_aggregator& url) {
  const ada::url_components& components = url.get_components();
  protocol_end_ = components.protocol_end;
  username_end_ = components.username_end;
  password_end_ = components.host_start;
  host_end_ = components.host_end;
  pathname_start_ = components.pathname_start;
  search_start_ = std::min(components.search_start, kNone);
  hash_start_ = std::min(components.hash_start, kNone);
  if (components.port != ada::url_components::omitted) flags_ |= kHasPort;
  if (host_end_ > password_end_ && url.get_href()[password_end_] == '@') flags_ |= kHasCredentials;
  if (url.is_special() && url.type != ada::scheme::type::FILE) flags_ |= kTupleOrigin;
}

UrlParts::UrlParts(const Words& words)
    : protocol_end_(High(words[0])),
      username_end_(Low(words[0])),
      password_end_(High(words[1])),
      host_end_(Low(words[1])),
      pathname_start_(High(words[2])),
      search_start_(Low(words[2])),
      hash_start_(High(words[3])),
      flags_(Low(words[3])) {}

UrlParts::Words UrlParts::Pack() const {
  return {PackTwo(protocol_end_, username_end_), PackTwo(password_end_, host_end_),
          PackTwo(pathname_start_, search_start_), PackTwo(hash_start_, flags_)};
}

UrlParts::Range UrlParts::Find(UrlPart part, uint32_t href_length) const {
  constexpr Range kEmpty = {0, 0};
  uint32_t host_start = password_end_ + (has_credentials() ? 1 : 0);
  uint32_t search_or_hash = std::min({search_start_, hash_start_, href_length});
  switch (part) {
    case UrlPart::kProtocol:
      return {0, protocol_end_};
    case UrlPart::kUsername:
      return protocol_end_ + 2 < username_end_ ? Range{protocol_end_ + 2, username_end_} : kEmpty;
    case UrlPart::kPassword:
      return username_end_ + 1 < password_end_ ? Range{username_end_ + 1, password_end_} : kEmpty;
    case UrlPart::kHost:
      return host_start < host_end_ ? Range{host_start, (flags_ & kHasPort) != 0 ? pathname_start_ : host_end_}
                                    : kEmpty;
    case UrlPart::kHostname:
      return host_start < host_end_ ? Range{host_start, host_end_} : kEmpty;
    case UrlPart::kPort:
      return (flags_ & kHasPort) != 0 ? Range{host_end_ + 1, pathname_start_} : kEmpty;
    case UrlPart::kPathname:
      return {pathname_start_, search_or_hash};
    case UrlPart::kSearch: {
      uint32_t end = std::min(hash_start_, href_length);
      // A lone "?" counts as none.
      return search_start_ != kNone && search_start_ + 1 < end ? Range{search_start_, end} : kEmpty;
    }
    case UrlPart::kHash:
      return hash_start_ != kNone && hash_start_ + 1 < href_length ? Range{hash_start_, href_length} : kEmpty;
  }
  return kEmpty;
}

}  // namespace verge::bindings
