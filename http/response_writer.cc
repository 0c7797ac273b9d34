#include "http/response_writer.h"

#include <charconv>
#include <cstdio>
#include <cstring>

#include "http/request_checks.h"

namespace verge::http {

namespace {

enum class FieldKind : uint8_t { kPlain, kDate, kSkipped };

// The fields that belong to the connection (RFC 9110, 7.6.1) and to its framing are the server's alone.
FieldKind Classify(std::string_view name) {
  const auto is = [&](std::string_view other) { return EqualsIgnoreCase(name, other); };
  switch (name.size()) {
    case 2:
      return is("te") ? FieldKind::kSkipped : FieldKind::kPlain;
    case 4:
      return is("date") ? FieldKind::kDate : FieldKind::kPlain;
    case 7:
      return is("upgrade") || is("trailer") ? FieldKind::kSkipped : FieldKind::kPlain;
    case 10:
      return is("connection") || is("keep-alive") ? FieldKind::kSkipped : FieldKind::kPlain;
    case 14:
      return is("content-length") ? FieldKind::kSkipped : FieldKind::kPlain;
    case 16:
      return is("proxy-connection") ? FieldKind::kSkipped : FieldKind::kPlain;
    case 17:
      return is("transfer-encoding") ? FieldKind::kSkipped : FieldKind::kPlain;
    default:
      return FieldKind::kPlain;
  }
}

// Everything that the server itself may add: status line without the phrase, Date, framing, Connection, last CRLF.
constexpr size_t kOwnBytes = 256;

char* Put(char* to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

}  // namespace

std::string_view DateCache::Now() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  if (now.tv_sec != second_) {
    second_ = now.tv_sec;
    static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    tm utc{};
    gmtime_r(&second_, &utc);
    // Not strftime: its names depend on the locale.
    snprintf(text_.data(), text_.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[static_cast<size_t>(utc.tm_wday)],
             utc.tm_mday, kMonths[static_cast<size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour, utc.tm_min,
             utc.tm_sec);
  }
  return {text_.data(), 29};
}

bool AppendResponseHead(std::string& out, const ResponseHead& head, const ResponseFraming& framing,
                        ConnectionOption option, std::string_view date) {
  if (head.status < 200 || head.status > 999 || !IsFieldValue(head.status_text)) return false;
  const std::string_view phrase = head.status_text.empty() ? ReasonPhrase(head.status) : head.status_text;
  size_t bound = kOwnBytes + phrase.size() + date.size();
  for (const HeaderField& field : head.headers) {
    if (!IsToken(field.name) || !IsFieldValue(field.value)) return false;
    bound += field.name.size() + field.value.size() + 4;
  }

  const size_t old_size = out.size();
  out.resize_and_overwrite(old_size + bound, [&](char* data, size_t) {
    char* to = data + old_size;
    to = Put(to, "HTTP/1.1 ");
    to = std::to_chars(to, to + 3, head.status).ptr;
    *to++ = ' ';
    to = Put(to, phrase);
    to = Put(to, "\r\n");
    bool dated = false;
    for (const HeaderField& field : head.headers) {
      const FieldKind kind = Classify(field.name);
      if (kind == FieldKind::kSkipped) continue;
      if (kind == FieldKind::kDate) dated = true;
      to = Put(to, field.name);
      to = Put(to, ": ");
      to = Put(to, field.value);
      to = Put(to, "\r\n");
    }
    if (!dated) {
      to = Put(to, "Date: ");
      to = Put(to, date);
      to = Put(to, "\r\n");
    }
    switch (framing.kind) {
      case ResponseFraming::Kind::kNone:
        break;
      case ResponseFraming::Kind::kLength:
        to = Put(to, "Content-Length: ");
        to = std::to_chars(to, to + 20, framing.length).ptr;
        to = Put(to, "\r\n");
        break;
      case ResponseFraming::Kind::kChunked:
        to = Put(to, "Transfer-Encoding: chunked\r\n");
        break;
    }
    switch (option) {
      case ConnectionOption::kDefault:
        break;
      case ConnectionOption::kClose:
        to = Put(to, "Connection: close\r\n");
        break;
      case ConnectionOption::kKeepAlive:
        to = Put(to, "Connection: keep-alive\r\n");
        break;
    }
    to = Put(to, "\r\n");
    return static_cast<size_t>(to - data);
  });
  return true;
}

bool AppendUpgradeHead(std::string& out, std::string_view protocol, std::span<const HeaderField> headers,
                       std::string_view date) {
  if (!IsToken(protocol)) return false;
  for (const HeaderField& field : headers) {
    if (!IsToken(field.name) || !IsFieldValue(field.value)) return false;
  }
  out.append("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ").append(protocol).append("\r\n");
  bool dated = false;
  for (const HeaderField& field : headers) {
    const FieldKind kind = Classify(field.name);
    if (kind == FieldKind::kSkipped) continue;
    if (kind == FieldKind::kDate) dated = true;
    out.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  if (!dated) out.append("Date: ").append(date).append("\r\n");
  out.append("\r\n");
  return true;
}

std::optional<uint64_t> GivenContentLength(const ResponseHead& head) {
  for (const HeaderField& field : head.headers) {
    if (EqualsIgnoreCase(field.name, "content-length")) return ParseContentLength(field.value);
  }
  return std::nullopt;
}

void AppendChunkSize(std::string& out, size_t size) {
  std::array<char, 18> line;
  char* end = std::to_chars(line.data(), line.data() + 16, size, 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out.append(line.data(), end);
}

}  // namespace verge::http
