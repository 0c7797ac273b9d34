// A request's head, as bytes.
#ifndef HTTP_CLIENT_REQUEST_HEAD_H_
#define HTTP_CLIENT_REQUEST_HEAD_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "http/client/client.h"

namespace verge::http {

struct RequestFraming {
  enum class Kind : uint8_t { kNone, kLength, kChunked } kind = Kind::kNone;
  uint64_t length = 0;
};

// What the request's body asks for (RFC 9112, 6; RFC 9110, 8.6).
RequestFraming FramingOf(const ClientRequest& request);

// Appends request line and fields (RFC 9112, 3). What could be read as more than one request is refused: the result
// says what is wrong with it, and is empty if nothing is.
std::string_view AppendRequestHead(std::string& out, const ClientRequest& request, const RequestFraming& framing);

// RFC 9110, 9.2.2.
bool IsIdempotent(std::string_view method);

}  // namespace verge::http

#endif  // HTTP_CLIENT_REQUEST_HEAD_H_
