// Response heads as bytes.
#ifndef HTTP_RESPONSE_WRITER_H_
#define HTTP_RESPONSE_WRITER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/message.h"

namespace verge::http {

// The value of Date, formatted once a second (RFC 9110, 5.6.7).
class DateCache {
 public:
  std::string_view Now();

 private:
  time_t second_ = -1;
  std::array<char, 32> text_{};
};

// How the end of a response's body is told (RFC 9112, 6).
struct ResponseFraming {
  enum class Kind : uint8_t {
    kNone,  // no field about it: there is no body, or the end of the connection ends it
    kLength,
    kChunked,
  };
  Kind kind = Kind::kNone;
  uint64_t length = 0;
};

enum class ConnectionOption : uint8_t { kDefault, kClose, kKeepAlive };

// Appends the head to `out`. False, with `out` as before, if something in it must not be sent: a status that is no
// final one, a name that is no token, a value with a line break.
bool AppendResponseHead(std::string& out, const ResponseHead& head, const ResponseFraming& framing,
                        ConnectionOption option, std::string_view date);

// Appends the head of a 101 response with `protocol` in Upgrade. False, with `out` as before, as above.
bool AppendUpgradeHead(std::string& out, std::string_view protocol, std::span<const HeaderField> headers,
                       std::string_view date);

// The Content-Length that a handler gave, if it is valid.
std::optional<uint64_t> GivenContentLength(const ResponseHead& head);

// The line before a chunk's data.
void AppendChunkSize(std::string& out, size_t size);

}  // namespace verge::http

#endif  // HTTP_RESPONSE_WRITER_H_
