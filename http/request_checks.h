// The checks of a request head that decide where it goes and where it ends. They are stricter than RFC 9112 asks for
// wherever two implementations could read the same bytes differently: that is how requests are smuggled.
#ifndef HTTP_REQUEST_CHECKS_H_
#define HTTP_REQUEST_CHECKS_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace verge::http {

// Why a request is refused. `text` is static; status 0 means that nothing is wrong.
struct Refusal {
  int status = 0;
  std::string_view text;
  explicit operator bool() const { return status != 0; }
};

// uri-host [":" port] (RFC 9110, 7.2): a name, an IPv4 address or an IPv6 address in brackets; not empty.
bool IsAuthority(std::string_view text);

struct RequestTarget {
  std::string_view authority;  // of the absolute form; else empty
  std::string_view path;       // path and query; does not start with '/' if the absolute form has no path
};

// Splits a request-target (RFC 9112, 3.2). Null: none of the forms that a server answers.
std::optional<RequestTarget> SplitTarget(std::string_view method, std::string_view target);

// 1*DIGIT without overflow, nothing else (RFC 9110, 8.6).
std::optional<uint64_t> ParseContentLength(std::string_view text);

// The value of Transfer-Encoding: only "chunked", once, is understood.
Refusal CheckTransferEncoding(std::string_view value);

}  // namespace verge::http

#endif  // HTTP_REQUEST_CHECKS_H_
