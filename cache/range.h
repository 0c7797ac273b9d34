// Byte ranges: RFC 9110, 14. Pure functions.
#ifndef CACHE_RANGE_H_
#define CACHE_RANGE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace verge::cache {

// Bytes [begin, end) of a body.
struct ByteRange {
  uint64_t begin = 0;
  uint64_t end = 0;
  [[nodiscard]] uint64_t size() const { return end - begin; }
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

enum class RangeResult : uint8_t {
  kIgnore,         // no byte ranges, malformed, or so many that they can only be meant to hurt: send all
  kSatisfiable,    // `ranges` has them, in the order asked for, clipped to the body
  kUnsatisfiable,  // 416
};

// The value of a Range field. At most 100 ranges; when they overlap or there are more than two, those that overlap or
// touch are merged (RFC 9110, 14.2).
RangeResult ParseRange(std::string_view value, uint64_t size, std::vector<ByteRange>& ranges);

// "bytes 0-9/100", and of an unsatisfied one "bytes */100".
std::string ContentRange(ByteRange range, uint64_t size);
std::string UnsatisfiedRange(uint64_t size);

// A multipart/byteranges body (14.6): what comes before each range, and the end.
struct Multipart {
  std::string content_type;           // "multipart/byteranges; boundary=…"
  std::vector<std::string> preludes;  // one for each range
  std::string epilogue;
  uint64_t length = 0;  // of all
};
Multipart MakeMultipart(const std::vector<ByteRange>& ranges, uint64_t size, std::string_view content_type,
                        std::string_view boundary);

}  // namespace verge::cache

#endif  // CACHE_RANGE_H_
