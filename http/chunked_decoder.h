// Takes the chunked transfer coding off a request's body (RFC 9112, 7.1).
#ifndef HTTP_CHUNKED_DECODER_H_
#define HTTP_CHUNKED_DECODER_H_

#include <cstdint>
#include <string_view>

namespace verge::http {

// Strict: CRLF and nothing else ends a line, sizes are bare hexadecimal digits, and what is not body (extensions,
// trailers) is bounded, checked and dropped.
class ChunkedDecoder {
 public:
  enum class Status : uint8_t { kNeedMore, kPayload, kEnd, kMalformed, kTooLarge, kTrailersTooLarge };

  // `limit`: how many bytes the body may have.
  void Init(uint64_t limit);

  // Consumes from the front of `data` up to the next event. After kPayload, `payload` is a part of the body (and of
  // `data`). After kNeedMore `data` is empty. After kEnd it begins with what follows the body.
  Status Next(std::string_view& data, std::string_view& payload);

 private:
  enum class State : uint8_t {
    kSizeBegin,
    kSize,
    kExtension,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailerBegin,
    kTrailerName,
    kTrailerValue,
    kTrailerLf,
    kEndLf,
    kEnd,
  };
  // One byte of what is not payload.
  Status Step(char c);

  State state_ = State::kSizeBegin;
  uint8_t digits_ = 0;
  uint64_t remaining_ = 0;  // of the chunk
  uint64_t budget_ = 0;     // of the body
  size_t extension_bytes_ = 0;
  size_t trailer_bytes_ = 0;
};

}  // namespace verge::http

#endif  // HTTP_CHUNKED_DECODER_H_
