#include "http/request_checks.h"

#include <algorithm>

#include "http/field_syntax.h"
#include "http/message.h"

namespace verge::http {

namespace {

bool IsPort(std::string_view text) {
  // RFC 3986, 3.2.3: *DIGIT, so that "host:" is allowed.
  if (text.size() > 5 || !std::ranges::all_of(text, IsDigit)) return false;
  uint32_t port = 0;
  for (const char c : text) port = port * 10 + static_cast<uint32_t>(c - '0');
  return port <= 65535;
}

bool IsRegName(std::string_view text) {
  if (text.empty()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!IsRegNameChar(text[i])) return false;
    if (text[i] == '%') {
      if (text.size() - i < 3 || HexDigit(text[i + 1]) < 0 || HexDigit(text[i + 2]) < 0) return false;
      i += 2;
    }
  }
  return true;
}

}  // namespace

bool IsAuthority(std::string_view text) {
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    const std::string_view address = text.substr(1, end - 1);
    const std::string_view rest = text.substr(end + 1);
    if (address.size() < 2 || !address.contains(':')) return false;
    if (!std::ranges::all_of(address, [](char c) { return HexDigit(c) >= 0 || c == ':' || c == '.'; })) return false;
    return rest.empty() || (rest.front() == ':' && IsPort(rest.substr(1)));
  }
  const size_t colon = text.find(':');
  return IsRegName(text.substr(0, colon)) && (colon == std::string_view::npos || IsPort(text.substr(colon + 1)));
}

std::optional<RequestTarget> SplitTarget(std::string_view method, std::string_view target) {
  if (!std::ranges::all_of(target, IsTargetChar)) return std::nullopt;
  if (target.starts_with('/')) return RequestTarget{.authority = {}, .path = target};
  if (target == "*") {
    if (method != "OPTIONS") return std::nullopt;
    return RequestTarget{.authority = {}, .path = target};
  }
  const size_t scheme_end = target.find("://");
  if (scheme_end == std::string_view::npos) return std::nullopt;
  const std::string_view scheme = target.substr(0, scheme_end);
  if (!EqualsIgnoreCase(scheme, "http") && !EqualsIgnoreCase(scheme, "https")) return std::nullopt;
  const std::string_view rest = target.substr(scheme_end + 3);
  const size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view authority = rest.substr(0, authority_end);
  if (!IsAuthority(authority)) return std::nullopt;
  return RequestTarget{.authority = authority, .path = rest.substr(authority_end)};
}

std::optional<uint64_t> ParseContentLength(std::string_view text) {
  if (text.empty()) return std::nullopt;
  uint64_t length = 0;
  for (const char c : text) {
    if (!IsDigit(c)) return std::nullopt;
    const auto digit = static_cast<uint64_t>(c - '0');
    if (length > (UINT64_MAX - digit) / 10) return std::nullopt;
    length = length * 10 + digit;
  }
  return length;
}

Refusal CheckTransferEncoding(std::string_view value) {
  if (EqualsIgnoreCase(value, "chunked")) return {};
  // Only the last may be "chunked", and only once (RFC 9112, 6.1).
  bool unknown = false;
  while (!value.empty()) {
    const std::string_view coding = NextListElement(value);
    if (coding.empty() || (EqualsIgnoreCase(coding, "chunked") && !value.empty())) {
      return {400, "invalid Transfer-Encoding: chunked must come once, and last"};
    }
    if (!EqualsIgnoreCase(coding, "chunked")) unknown = true;
  }
  if (unknown) return {501, "unknown Transfer-Encoding: only chunked is understood"};
  return {400, "invalid Transfer-Encoding"};
}

}  // namespace verge::http
