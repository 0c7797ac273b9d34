#include "assets/url_path.h"

#include <ada.h>
#include <simdutf.h>

#include <cstdint>
#include <optional>

#include "http/field_syntax.h"

namespace verge::assets {
namespace {

constexpr bool IsAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// What encodeURIComponent leaves as it is.
constexpr bool IsUnreserved(char c) {
  return IsAlphanumeric(c) || c == '-' || c == '_' || c == '.' || c == '!' || c == '~' || c == '*' || c == '\'' ||
         c == '(' || c == ')';
}

// Nothing: it is not valid, as decodeURIComponent has it.
std::optional<std::string> DecodeSegment(std::string_view segment) {
  std::string out;
  out.reserve(segment.size());
  for (size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] != '%') {
      out += segment[i];
      continue;
    }
    if (i + 2 >= segment.size()) return std::nullopt;
    const int high = http::HexDigit(segment[i + 1]);
    const int low = http::HexDigit(segment[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  if (!simdutf::validate_utf8(out.data(), out.size())) return std::nullopt;
  return out;
}

// Without a character or a segment that anything would have to be done about.
bool IsPlain(std::string_view path) {
  if (path.empty() || path[0] != '/') return false;
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '/') {
      // "//" and "/." are looked at closely.
      if (i + 1 < path.size() && (path[i + 1] == '/' || path[i + 1] == '.')) return false;
    } else if (!IsUnreserved(path[i]) || path[i] == '\'') {
      return false;
    }
  }
  return true;
}

}  // namespace

void ParseUrlPath(std::string_view target, UrlPath* out) {
  const size_t query = target.find('?');
  const std::string_view path = target.substr(0, query);
  if (IsPlain(path)) {
    out->path = path;
    out->search = query == std::string_view::npos ? std::string_view() : target.substr(query);
    if (out->search.size() == 1) out->search = {};
    out->plain = true;
    return;
  }
  out->plain = false;
  // What does not begin with a slash is no part of the host.
  const std::string_view slash = target.starts_with('/') ? "" : "/";
  auto url = ada::parse<ada::url_aggregator>("http://host" + std::string(slash) + std::string(target));
  if (!url) {
    out->path = "/";
    out->search = {};
    return;
  }
  const std::string_view parsed = url->get_pathname();
  out->storage = std::string(parsed) + std::string(url->get_search());
  out->path = std::string_view(out->storage).substr(0, parsed.size());
  out->search = std::string_view(out->storage).substr(parsed.size());
}

std::string DecodePath(std::string_view path) {
  std::string decoded;
  decoded.reserve(path.size());
  for (size_t begin = 0; begin <= path.size();) {
    size_t end = path.find('/', begin);
    if (end == std::string_view::npos) end = path.size();
    const std::string_view segment = path.substr(begin, end - begin);
    if (begin > 0) decoded += '/';
    if (auto text = DecodeSegment(segment)) {
      decoded += *text;
    } else {
      decoded += segment;
    }
    begin = end + 1;
  }
  std::string out;
  out.reserve(decoded.size());
  for (const char c : decoded) {
    if (c != '/' || out.empty() || out.back() != '/') out += c;
  }
  return out;
}

std::string EncodePath(std::string_view path) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(path.size());
  for (const char c : path) {
    if (c == '/' || IsUnreserved(c)) {
      out += c;
    } else {
      const auto byte = static_cast<uint8_t>(c);
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

}  // namespace verge::assets
