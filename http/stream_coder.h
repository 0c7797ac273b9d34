// What the libraries behind content codings have in common: one step of one stream, from bytes to bytes.
#ifndef HTTP_STREAM_CODER_H_
#define HTTP_STREAM_CODER_H_

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>

#include "http/content_coding.h"

namespace verge::http {

// An encoder or a decoder that can be left at any time, with input not yet taken and output not yet made.
class StreamCoder {
 public:
  // What an encoder shall do with what it holds back. Decoders hold nothing back and look at kFinish only to complain.
  enum class Mode : uint8_t { kMore, kFlush, kFinish };

  enum class Status : uint8_t {
    kHungry,    // all of the input is taken and (by the mode) everything written
    kFull,      // the output is full: there may be more
    kFinished,  // the end of the stream; what is left of the input does not belong to it
  };

  virtual ~StreamCoder() = default;

  // Moves the fronts of `input` and `output` past what was taken and written. After an error the coder is of no use.
  virtual std::expected<Status, std::string> Step(std::span<const uint8_t>& input, std::span<uint8_t>& output,
                                                  Mode mode) = 0;

  // Bytes that it holds at the moment.
  [[nodiscard]] virtual size_t memory() const = 0;

  // For decoders: whether the input may end here. Formats whose streams may follow each other never say kFinished.
  [[nodiscard]] virtual bool complete() const { return true; }
};

// How strictly a decoder takes what is around its stream.
enum class Strictness : uint8_t {
  kExact,    // the Compression standard: one stream of exactly the named format and nothing behind it
  kLenient,  // content of HTTP: several gzip members, "deflate" without zlib's frame
};

// Null: no memory, or kIdentity.
std::unique_ptr<StreamCoder> CreateDeflateEncoder(ContentCoding coding, int level);
std::unique_ptr<StreamCoder> CreateDeflateDecoder(ContentCoding coding, Strictness strictness);
std::unique_ptr<StreamCoder> CreateBrotliEncoder(int level);
std::unique_ptr<StreamCoder> CreateBrotliDecoder();
std::unique_ptr<StreamCoder> CreateZstdEncoder(int level);
std::unique_ptr<StreamCoder> CreateZstdDecoder();

std::unique_ptr<StreamCoder> CreateStreamEncoder(ContentCoding coding, int level);
std::unique_ptr<StreamCoder> CreateStreamDecoder(ContentCoding coding, Strictness strictness);

}  // namespace verge::http

#endif  // HTTP_STREAM_CODER_H_
