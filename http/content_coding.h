// Content codings (RFC 9110, 8.4.1) as streams of bytes: what Content-Encoding names and what CompressionStream offers.
#ifndef HTTP_CONTENT_CODING_H_
#define HTTP_CONTENT_CODING_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/body.h"

namespace verge::http {

enum class ContentCoding : uint8_t { kIdentity, kGzip, kDeflate, kDeflateRaw, kBrotli, kZstd };

// The value of a Content-Encoding field: "gzip", "x-gzip", "deflate" (zlib's format), "br", "zstd"; "identity" or ""
// for none. Empty for what is not known and for more than one coding.
std::optional<ContentCoding> ParseContentCoding(std::string_view value);

// One direction of one stream. Not tied to a thread; used by one at a time.
class Codec {
 public:
  virtual ~Codec() = default;

  // Receives output as it is made, in pieces of at most 64 KiB; the view lives until it returns. False: stop, `Write`
  // returns at once (the codec is of no use afterwards).
  using Output = std::function<bool(std::span<const uint8_t>)>;

  // Takes all of `input`. `last`: nothing follows; the stream is completed, and for a decoder it is an error when it is
  // not complete, or when bytes follow its end. After an error the codec is of no use.
  virtual std::expected<void, std::string> Write(std::span<const uint8_t> input, bool last, const Output& output) = 0;

  // Bytes that it holds at the moment: from some kilobytes up to 16 MB.
  [[nodiscard]] virtual size_t memory() const = 0;
};

// `level` -1: the library's usual for answers made on the fly. Null: no memory.
std::unique_ptr<Codec> CreateEncoder(ContentCoding coding, int level = -1);
// Output is bounded by what `Output` accepts, not by the input: a bomb delivers piece by piece. Exactly one stream is
// accepted (of zstd: any number of frames), as the Compression standard has it.
std::unique_ptr<Codec> CreateDecoder(ContentCoding coding);

// A body with its coding removed, chunk by chunk as it is pulled: at most 64 KiB of output is held beyond one input
// chunk and the codec's state, however strongly the input is compressed. Broken input is BodyError::kMalformed, after
// what was good of it. As browsers do: "deflate" accepts zlib's format and raw deflate, gzip members may follow each
// other, bytes after the end are not looked at, and a body of no bytes is empty.
Ref<BodySource> DecodeBody(Ref<BodySource> body, ContentCoding coding);

// A body with a coding added. What the encoder holds back is flushed when the source makes it wait, so that a stream of
// events stays one; one Pull encodes some 128 KiB at most.
Ref<BodySource> EncodeBody(Ref<BodySource> body, ContentCoding coding);

}  // namespace verge::http

#endif  // HTTP_CONTENT_CODING_H_
