// What CompressionStream and DecompressionStream (compression.js) call for each chunk.
#ifndef BINDINGS_COMPRESSION_CODEC_H_
#define BINDINGS_COMPRESSION_CODEC_H_

#include <v8.h>

#include <memory>
#include <utility>

#include "bindings/core/convert.h"
#include "bindings/core/function.h"
#include "bindings/core/object.h"
#include "http/content_coding.h"
#include "runtime/worker_isolate.h"

namespace verge::bindings {

// One direction of one stream; the library's state is made for the first chunk. Not exposed to user code.
class CompressionCodec final : public Native {
 public:
  static const ClassSpec kSpec;

  CompressionCodec(runtime::WorkerIsolate* worker, http::ContentCoding coding, bool decodes)
      : worker_(worker), coding_(coding), decodes_(decodes) {}
  ~CompressionCodec() override;

  // What came of all of `chunk`: undefined, a Uint8Array, or an Array of them when it is much. Errors are TypeErrors,
  // by the Compression standard. Ends early when the turn is terminated.
  Result<v8::Local<v8::Value>> Write(Cx& cx, v8::Local<v8::Value> chunk);
  // The same for the end of the input.
  Result<v8::Local<v8::Value>> Finish(Cx& cx);

  [[nodiscard]] http::ContentCoding coding() const { return coding_; }
  [[nodiscard]] bool decodes() const { return decodes_; }

  // Whether a chunk was written.
  [[nodiscard]] bool used() const { return used_; }

 private:
  Result<v8::Local<v8::Value>> Run(Cx& cx, std::span<const uint8_t> input, bool last);
  // Counts memory towards the worker's limit.
  void Report(size_t bytes);

  runtime::WorkerIsolate* const worker_;
  const http::ContentCoding coding_;
  const bool decodes_;
  bool used_ = false;
  size_t reported_bytes_ = 0;
  std::unique_ptr<http::Codec> codec_;
};

inline constexpr Member kCompressionCodecMembers[] = {
    Table<CompressionCodec>::Method<"write", &CompressionCodec::Write>(),
    Table<CompressionCodec>::Method<"finish", &CompressionCodec::Finish>(),
};
inline constexpr ClassSpec CompressionCodec::kSpec = {
    .name = "CompressionCodec", .members = kCompressionCodecMembers, .exposed = false};

}  // namespace verge::bindings

#endif  // BINDINGS_COMPRESSION_CODEC_H_
