#include "http/client/request_head.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <variant>

#include "http/field_syntax.h"
#include "http/request_checks.h"

namespace verge::http {

namespace {

// Fields that belong to the connection, and so to the client (RFC 9110, 7.6.1). Expect is left out because the client
// does not wait for an interim response.
bool IsOwnField(std::string_view name) {
  switch (name.size()) {
    case 4:
      return EqualsIgnoreCase(name, "host");
    case 6:
      return EqualsIgnoreCase(name, "expect");
    case 7:
      return EqualsIgnoreCase(name, "upgrade");
    case 10:
      return EqualsIgnoreCase(name, "connection") || EqualsIgnoreCase(name, "keep-alive");
    case 14:
      return EqualsIgnoreCase(name, "content-length");
    case 16:
      return EqualsIgnoreCase(name, "proxy-connection");
    case 17:
      return EqualsIgnoreCase(name, "transfer-encoding");
    default:
      return false;
  }
}

// A field's value without blanks around it, which are not part of it.
bool AppendField(std::string& out, std::string_view name, std::string_view value) {
  value = TrimBlanks(value);
  if (!IsToken(name) || !IsFieldValue(value)) return false;
  out.append(name).append(": ").append(value).append("\r\n");
  return true;
}

void AppendNumber(std::string& out, uint64_t number) {
  char digits[20];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, end);
}

}  // namespace

bool IsIdempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" || method == "OPTIONS" ||
         method == "TRACE";
}

RequestFraming FramingOf(const ClientRequest& request) {
  using Kind = RequestFraming::Kind;
  if (const auto* bytes = std::get_if<Bytes>(&request.body)) return {.kind = Kind::kLength, .length = bytes->size()};
  if (const auto* source = std::get_if<Ref<BodySource>>(&request.body); source && *source) {
    if (const std::optional<uint64_t> length = (*source)->length()) return {.kind = Kind::kLength, .length = *length};
    return {.kind = Kind::kChunked, .length = 0};
  }
  const bool usually = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  return {.kind = usually ? Kind::kLength : Kind::kNone, .length = 0};
}

std::string_view AppendRequestHead(std::string& out, const ClientRequest& request, const RequestFraming& framing) {
  if (!IsToken(request.method)) return "invalid method";
  if (request.method == "CONNECT") return "the method CONNECT is not for requests";
  if (!IsAuthority(request.host)) return "invalid host";
  const bool whole_server = request.target == "*" && request.method == "OPTIONS";
  if (!(request.target.starts_with('/') || whole_server) || !std::ranges::all_of(request.target, IsTargetChar)) {
    return "invalid target";
  }

  out.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  std::optional<std::string_view> host;
  for (const HeaderField& field : request.headers) {
    if (field.name.size() == 4 && EqualsIgnoreCase(field.name, "host")) host = TrimBlanks(field.value);
  }
  if (host) {
    if (!IsAuthority(*host)) return "invalid Host field";
    out.append("Host: ").append(*host);
  } else {
    out.append("Host: ").append(request.host);
    if (request.port != (request.secure ? 443 : 80)) {
      out.push_back(':');
      AppendNumber(out, request.port);
    }
  }
  out.append("\r\n");
  for (const HeaderField& field : request.headers) {
    if (IsOwnField(field.name)) continue;
    if (!AppendField(out, field.name, field.value)) return "invalid header field";
  }
  if (!request.upgrade.empty()) {
    if (!IsFieldValue(request.upgrade)) return "invalid Upgrade field";
    out.append("Connection: Upgrade\r\nUpgrade: ").append(request.upgrade).append("\r\n");
  }
  switch (framing.kind) {
    case RequestFraming::Kind::kNone:
      break;
    case RequestFraming::Kind::kLength:
      out.append("Content-Length: ");
      AppendNumber(out, framing.length);
      out.append("\r\n");
      break;
    case RequestFraming::Kind::kChunked:
      out.append("Transfer-Encoding: chunked\r\n");
      break;
  }
  out.append("\r\n");
  return {};
}

}  // namespace verge::http
