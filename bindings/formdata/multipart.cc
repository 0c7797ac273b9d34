#include "bindings/formdata/multipart.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "bindings/encoding/utf8.h"
#include "http/field_syntax.h"

namespace verge::bindings {
namespace {

constexpr std::string_view kLineBreak = "\r\n";
// RFC 2046, 5.1.1.
constexpr size_t kMaxBoundary = 70;

constexpr char kTruncated[] = "No final boundary string (or you have a truncated message).";
constexpr char kBadHeader[] = "A part of the multipart/form-data body has a malformed header.";
constexpr char kBadDisposition[] =
    "A part of the multipart/form-data body has no valid Content-Disposition header: it must be form-data with a name.";

// memmem is linear, which std::string_view::find does not promise.
size_t Find(std::string_view text, std::string_view what, size_t from) {
  const void* found = memmem(text.data() + from, text.size() - from, what.data(), what.size());
  return found ? static_cast<size_t>(static_cast<const char*>(found) - text.data()) : std::string_view::npos;
}

bool EqualsIgnoreCase(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (http::ToLower(text[i]) != lower[i]) return false;
  }
  return true;
}

// Undoes the escaping of names, and only that: a backslash is what it is.
std::string Unescape(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      std::string_view digits = text.substr(i + 1, 2);
      char c = digits == "22"                   ? '"'
               : EqualsIgnoreCase(digits, "0a") ? '\n'
               : EqualsIgnoreCase(digits, "0d") ? '\r'
                                                : '\0';
      if (c != '\0') {
        result += c;
        i += 2;
        continue;
      }
    }
    result += text[i];
  }
  return RepairUtf8(std::move(result));
}

void SkipBlanks(std::string_view* text) {
  while (!text->empty() && http::IsBlank(text->front())) text->remove_prefix(1);
}

// Reads a quoted string off the front of `text`. Browsers write quotation marks as %22, some other clients as \": that
// is one where the string does not end there.
std::optional<std::string> TakeQuoted(std::string_view* text) {
  std::string raw;
  text->remove_prefix(1);
  for (;;) {
    size_t quote = text->find('"');
    if (quote == std::string_view::npos) return std::nullopt;
    raw += text->substr(0, quote);
    text->remove_prefix(quote + 1);
    if (raw.ends_with('\\')) {
      std::string_view rest = *text;
      SkipBlanks(&rest);
      if (!rest.empty() && rest.front() != ';') {
        raw.back() = '"';
        continue;
      }
    }
    return Unescape(raw);
  }
}

// The value of Content-Disposition.
bool ReadDisposition(std::string_view text, MultipartPart* part) {
  size_t end = text.find(';');
  if (!EqualsIgnoreCase(http::TrimBlanks(text.substr(0, end)), "form-data")) return false;
  bool named = false;
  part->filename.reset();
  text.remove_prefix(end == std::string_view::npos ? text.size() : end);
  while (!text.empty()) {
    text.remove_prefix(1);  // the semicolon
    SkipBlanks(&text);
    if (text.empty()) break;
    size_t equals = text.find('=');
    if (equals == std::string_view::npos) return false;
    std::string_view key = text.substr(0, equals);
    while (!key.empty() && http::IsBlank(key.back())) key.remove_suffix(1);
    text.remove_prefix(equals + 1);
    SkipBlanks(&text);
    std::optional<std::string> value;
    if (text.starts_with('"')) {
      value = TakeQuoted(&text);
    } else {
      size_t length = 0;
      while (length < text.size() && http::IsTokenChar(text[length])) ++length;
      if (length > 0) value = std::string(text.substr(0, length));
      text.remove_prefix(length);
    }
    SkipBlanks(&text);
    if (!value || (!text.empty() && text.front() != ';')) return false;
    if (EqualsIgnoreCase(key, "name")) {
      if (std::exchange(named, true)) return false;
      part->name = *std::move(value);
    } else if (EqualsIgnoreCase(key, "filename")) {
      if (part->filename) return false;
      part->filename = std::move(value);
    }
  }
  return named;
}

std::string EscapeName(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (char c : text) {
    switch (c) {
      case '\n':
        escaped += "%0A";
        break;
      case '\r':
        escaped += "%0D";
        break;
      case '"':
        escaped += "%22";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

}  // namespace

std::expected<std::vector<MultipartPart>, std::string> ParseMultipart(std::string_view body, std::string_view boundary,
                                                                      const MultipartLimits& limits) {
  if (boundary.empty() || boundary.size() > kMaxBoundary) {
    return std::unexpected("The boundary of a multipart/form-data body must have 1 to 70 characters.");
  }
  std::string delimiter("\r\n--");
  delimiter += boundary;
  std::string_view first = std::string_view(delimiter).substr(kLineBreak.size());
  size_t position = 0;
  // RFC 2046 has room for a preamble, of which some clients send an empty line.
  while (body.substr(position).starts_with(kLineBreak)) position += kLineBreak.size();
  if (!body.substr(position).starts_with(first)) {
    return std::unexpected("No initial boundary string (or you have a truncated message).");
  }
  position += first.size();

  std::vector<MultipartPart> parts;
  // Each round begins behind a delimiter.
  for (;;) {
    std::string_view rest = body.substr(position);
    if (rest.starts_with("--")) {
      // The end; what follows in lines of their own is an epilogue, to be ignored.
      rest.remove_prefix(2);
      SkipBlanks(&rest);
      if (rest.empty() || rest.starts_with(kLineBreak)) return parts;
      return std::unexpected("A boundary of the multipart/form-data body is followed by what does not belong there.");
    }
    if (!rest.starts_with(kLineBreak)) {
      return std::unexpected(rest.empty() ? kTruncated
                                          : "A boundary of the multipart/form-data body is not a line of its own.");
    }
    position += kLineBreak.size();
    if (parts.size() >= limits.parts) return std::unexpected("The multipart/form-data body has too many parts.");

    MultipartPart part;
    bool disposition = false;
    const size_t headers_begin = position;
    for (;;) {
      size_t used = std::min(position - headers_begin, limits.header_bytes);
      std::string_view window = body.substr(position, limits.header_bytes - used);
      size_t end = window.find_first_of(kLineBreak);
      if (end == std::string_view::npos || !body.substr(position + end).starts_with(kLineBreak)) {
        if (end != std::string_view::npos) return std::unexpected(kBadHeader);
        return std::unexpected(position + window.size() == body.size()
                                   ? kTruncated
                                   : "The headers of a part of the multipart/form-data body are too large.");
      }
      std::string_view line = window.substr(0, end);
      position += end + kLineBreak.size();
      if (line.empty()) break;
      size_t colon = line.find(':');
      std::string_view key = http::TrimBlanks(line.substr(0, colon));
      if (colon == std::string_view::npos || key.empty()) return std::unexpected(kBadHeader);
      for (char c : key) {
        if (!http::IsTokenChar(c)) return std::unexpected(kBadHeader);
      }
      std::string_view value = http::TrimBlanks(line.substr(colon + 1));
      if (EqualsIgnoreCase(key, "content-disposition")) {
        if (std::exchange(disposition, true) || !ReadDisposition(value, &part)) {
          return std::unexpected(kBadDisposition);
        }
      } else if (EqualsIgnoreCase(key, "content-type")) {
        part.content_type = std::string(value);
      }
    }
    if (!disposition) return std::unexpected(kBadDisposition);

    part.offset = position;
    if (body.substr(position).starts_with(first)) {
      // No content: the delimiter's line break may be the one that ended the headers.
      position += first.size();
    } else {
      size_t end = Find(body, delimiter, position);
      if (end == std::string_view::npos) return std::unexpected(kTruncated);
      part.size = end - position;
      position = end + delimiter.size();
    }
    parts.push_back(std::move(part));
  }
}

std::string MakeBoundary(std::span<const uint8_t> random) {
  // 32 letters and digits: five bits of each byte.
  constexpr char kCharacters[] = "abcdefghijklmnopqrstuvwxyz234567";
  std::string boundary = "----vergeFormBoundary";
  for (uint8_t byte : random) boundary += kCharacters[byte & 31];
  return boundary;
}

std::string NormalizeLineBreaks(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c != '\r' && c != '\n') {
      result += c;
      continue;
    }
    result += kLineBreak;
    if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
  }
  return result;
}

std::string MultipartFieldHead(std::string_view boundary, std::string_view name) {
  std::string head = "--";
  head.append(boundary).append("\r\nContent-Disposition: form-data; name=\"");
  head.append(EscapeName(NormalizeLineBreaks(name))).append("\"\r\n\r\n");
  return head;
}

std::string MultipartFileHead(std::string_view boundary, std::string_view name, std::string_view filename,
                              std::string_view content_type) {
  std::string head = "--";
  head.append(boundary).append("\r\nContent-Disposition: form-data; name=\"");
  head.append(EscapeName(NormalizeLineBreaks(name))).append("\"; filename=\"").append(EscapeName(filename));
  head.append("\"\r\nContent-Type: ").append(content_type.empty() ? "application/octet-stream" : content_type);
  head.append("\r\n\r\n");
  return head;
}

std::string MultipartEnd(std::string_view boundary) { return "--" + std::string(boundary) + "--\r\n"; }

}  // namespace verge::bindings
