#include "bindings/fetch/data_url.h"

#include <utility>

#include "bindings/encoding/base64.h"
#include "bindings/fetch/mime_type.h"
#include "http/field_syntax.h"

namespace verge::bindings {
namespace {

bool IsAsciiWhitespace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'; }

std::string_view TrimAsciiWhitespace(std::string_view text) {
  while (!text.empty() && IsAsciiWhitespace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsAsciiWhitespace(text.back())) text.remove_suffix(1);
  return text;
}

// https://url.spec.whatwg.org/#percent-decode
std::string PercentDecode(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      int high = http::HexDigit(text[i + 1]);
      int low = http::HexDigit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        bytes += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    bytes += text[i];
  }
  return bytes;
}

// Takes ";base64" off the end, with spaces after the semicolon as the standard has it. False: it is not there.
bool RemoveBase64(std::string_view* mime_type) {
  constexpr std::string_view kBase64 = "base64";
  if (mime_type->size() < kBase64.size()) return false;
  std::string_view rest = mime_type->substr(0, mime_type->size() - kBase64.size());
  for (size_t i = 0; i < kBase64.size(); ++i) {
    if (http::ToLower((*mime_type)[rest.size() + i]) != kBase64[i]) return false;
  }
  while (rest.ends_with(' ')) rest.remove_suffix(1);
  if (!rest.ends_with(';')) return false;
  rest.remove_suffix(1);
  *mime_type = rest;
  return true;
}

}  // namespace

std::optional<DataUrl> ParseDataUrl(std::string_view url) {
  constexpr std::string_view kScheme = "data:";
  if (!url.starts_with(kScheme)) return std::nullopt;
  url.remove_prefix(kScheme.size());
  url = url.substr(0, url.find('#'));
  size_t comma = url.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  std::string_view type_text = TrimAsciiWhitespace(url.substr(0, comma));
  DataUrl result{.mime_type = {}, .body = PercentDecode(url.substr(comma + 1))};
  if (RemoveBase64(&type_text)) {
    std::optional<std::string> decoded = ForgivingBase64Decode(result.body);
    if (!decoded) return std::nullopt;
    result.body = *std::move(decoded);
  }
  std::string type(type_text);
  if (type.starts_with(';')) type.insert(0, "text/plain");
  std::optional<MimeType> parsed = ParseMimeType(type);
  result.mime_type = parsed ? parsed->Serialize() : "text/plain;charset=US-ASCII";
  return result;
}

}  // namespace verge::bindings
