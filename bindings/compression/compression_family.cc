#include "bindings/compression/compression_family.h"

#include <memory>

#include "bindings/compression/codec.h"

namespace verge::bindings {
namespace {

// `format` is one of the Compression standard's names; undefined for any other.
Result<v8::Local<v8::Value>> CreateCodec(Cx& cx, std::string format, bool decodes) {
  static constexpr std::pair<std::string_view, http::ContentCoding> kFormats[] = {
      {"gzip", http::ContentCoding::kGzip},     {"deflate", http::ContentCoding::kDeflate},
      {"brotli", http::ContentCoding::kBrotli}, {"deflate-raw", http::ContentCoding::kDeflateRaw},
      {"zstd", http::ContentCoding::kZstd},
  };
  for (const auto& [name, coding] : kFormats) {
    if (format != name) continue;
    runtime::WorkerIsolate* worker = cx.realm().worker();
    if (!worker) break;  // the snapshot's builder
    v8::Local<v8::Object> codec;
    if (!NewObject(cx.isolate, std::make_unique<CompressionCodec>(worker, coding, decodes)).ToLocal(&codec)) {
      return Pending();
    }
    return codec.As<v8::Value>();
  }
  return v8::Undefined(cx.isolate).As<v8::Value>();
}

constexpr const ClassSpec* kClasses[] = {&CompressionCodec::kSpec};

constexpr GlobalFunction kNatives[] = {
    Function<"createCompressionCodec", &CreateCodec>(),
};

}  // namespace

constinit const Family kCompressionFamily = {
    .classes = kClasses, .globals = {}, .natives = kNatives, .lazy_globals = {}};

}  // namespace verge::bindings
