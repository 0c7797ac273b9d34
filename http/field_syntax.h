// The characters of HTTP's grammar (RFC 9110, 5.6; RFC 3986), as look-up tables.
#ifndef HTTP_FIELD_SYNTAX_H_
#define HTTP_FIELD_SYNTAX_H_

#include <array>
#include <cstdint>
#include <string_view>

namespace verge::http {

namespace syntax {

inline constexpr uint8_t kToken = 1;
inline constexpr uint8_t kTarget = 2;
inline constexpr uint8_t kRegName = 4;

inline constexpr std::array<uint8_t, 256> kClasses = [] {
  std::array<uint8_t, 256> classes{};
  const auto add = [&](std::string_view characters, uint8_t what) {
    for (const char c : characters) classes[static_cast<uint8_t>(c)] |= what;
  };
  constexpr std::string_view kAlphanumeric = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  add(kAlphanumeric, kToken | kRegName);
  add("!#$%&'*+-.^_`|~", kToken);

  // RFC 3986, 3.2.2: unreserved, sub-delims and the '%' of percent-encodings.
  add("-._~!$&'()*+,;=%", kRegName);

  // More than RFC 3986 allows, because browsers send it: all that is visible except '#', which never belongs to a
  // request's target.
  for (int c = 0x21; c < 0x7f; ++c) {
    if (c != '#') classes[c] |= kTarget;
  }
  return classes;
}();

}  // namespace syntax

inline bool IsTokenChar(char c) { return syntax::kClasses[static_cast<uint8_t>(c)] & syntax::kToken; }
inline bool IsTargetChar(char c) { return syntax::kClasses[static_cast<uint8_t>(c)] & syntax::kTarget; }
inline bool IsRegNameChar(char c) { return syntax::kClasses[static_cast<uint8_t>(c)] & syntax::kRegName; }
inline bool IsBlank(char c) { return c == ' ' || c == '\t'; }
inline bool IsDigit(char c) { return c >= '0' && c <= '9'; }
inline char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// The value of a hexadecimal digit, or -1.
inline int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  c = ToLower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

inline std::string_view TrimBlanks(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

// Takes the next element off a comma-separated list (RFC 9110, 5.6.1); empty elements come out empty.
inline std::string_view NextListElement(std::string_view& list) {
  const size_t comma = list.find(',');
  const std::string_view element = TrimBlanks(list.substr(0, comma));
  list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  return element;
}

}  // namespace verge::http

#endif  // HTTP_FIELD_SYNTAX_H_
