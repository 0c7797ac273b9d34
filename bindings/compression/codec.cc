#include "bindings/compression/codec.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/js_entry.h"
#include "runtime/shard.h"
#include "runtime/worker_isolate.h"

namespace verge::bindings {
namespace {

// What is done between two looks at the watchdog: some milliseconds at most.
constexpr size_t kSlice = size_t{64} << 10;

// The longest Uint8Array that comes out.
constexpr size_t kMaxPiece = size_t{256} << 10;

// Whether the running turn is being terminated. V8 itself knows only once JavaScript runs again.
bool IsTerminated(Cx& cx) {
  runtime::JsEntry* entry = runtime::WorkerIsolate::From(cx.isolate).shard().current_entry();
  return entry && entry->terminated();
}

// Output on its way to JavaScript.
class Pieces {
 public:
  explicit Pieces(Cx& cx) : cx_(cx) {}

  bool Append(std::span<const uint8_t> output) {
    collected_.append(reinterpret_cast<const char*>(output.data()), output.size());
    return collected_.size() < kMaxPiece || Cut();
  }

  // False: there was no memory for it.
  bool Cut() {
    if (collected_.empty()) return true;
    v8::Local<v8::ArrayBuffer> buffer;
    if (!v8::ArrayBuffer::MaybeNew(cx_.isolate, collected_.size(), v8::BackingStoreInitializationMode::kUninitialized)
             .ToLocal(&buffer)) {
      return false;
    }
    std::memcpy(buffer->Data(), collected_.data(), collected_.size());
    pieces_.push_back(v8::Uint8Array::New(buffer, 0, collected_.size()));
    collected_.clear();
    return true;
  }

  v8::Local<v8::Value> Value() {
    if (pieces_.empty()) return v8::Undefined(cx_.isolate);
    if (pieces_.size() == 1) return pieces_.front();
    return v8::Array::New(cx_.isolate, pieces_.data(), pieces_.size());
  }

 private:
  Cx& cx_;
  std::string collected_;
  std::vector<v8::Local<v8::Value>> pieces_;
};

}  // namespace

CompressionCodec::~CompressionCodec() { Report(0); }

void CompressionCodec::Report(size_t bytes) {
  if (bytes == reported_bytes_) return;
  const int64_t change = static_cast<int64_t>(bytes) - static_cast<int64_t>(reported_bytes_);
  reported_bytes_ = bytes;
  worker_->ChargeMemory(change);
}

Result<v8::Local<v8::Value>> CompressionCodec::Write(Cx& cx, v8::Local<v8::Value> chunk) {
  if (chunk->IsArrayBufferView()) {
    v8::Local<v8::ArrayBufferView> view = chunk.As<v8::ArrayBufferView>();
    // What V8 keeps within the object itself has no address that lasts, and is copied.
    std::array<uint8_t, 64> storage;
    static_assert(sizeof storage >= V8_TYPED_ARRAY_MAX_SIZE_IN_HEAP);
    if (!view->HasBuffer() || !view->Buffer().As<v8::Value>()->IsSharedArrayBuffer()) {
      v8::MemorySpan<uint8_t> contents = view->GetContents(v8::MemorySpan<uint8_t>(storage.data(), storage.size()));
      return Run(cx, {contents.data(), contents.size()}, false);
    }
  } else if (chunk->IsArrayBuffer()) {
    return Run(cx, BufferSource{chunk}.bytes(), false);
  }
  return TypeError(std::string(decodes_ ? "DecompressionStream" : "CompressionStream") +
                   " takes bytes: write an ArrayBuffer or a view of one, not shared. A string can be encoded by a "
                   "TextEncoder.");
}

Result<v8::Local<v8::Value>> CompressionCodec::Finish(Cx& cx) {
  auto result = Run(cx, {}, true);
  codec_.reset();
  Report(0);
  return result;
}

Result<v8::Local<v8::Value>> CompressionCodec::Run(Cx& cx, std::span<const uint8_t> input, bool last) {
  if (!codec_ && !used_) {
    codec_ = decodes_ ? http::CreateDecoder(coding_) : http::CreateEncoder(coding_);
    used_ = true;
    if (!codec_) return RangeError("There is no memory for the stream's compression.");
  }
  if (!codec_) return TypeError("The stream has ended.");
  Pieces pieces(cx);
  bool no_memory = false;
  bool terminated = false;
  const http::Codec::Output output = [&](std::span<const uint8_t> bytes) {
    if (!pieces.Append(bytes)) no_memory = true;
    if (IsTerminated(cx)) terminated = true;
    return !no_memory && !terminated;
  };
  for (;;) {
    const std::span<const uint8_t> slice = input.first(std::min(input.size(), kSlice));
    input = input.subspan(slice.size());
    const auto done = codec_->Write(slice, last && input.empty(), output);
    if (!done && !no_memory && !terminated) {
      codec_.reset();
      Report(0);
      return TypeError(done.error());
    }
    if (IsTerminated(cx)) terminated = true;
    if (no_memory || terminated || input.empty()) break;
  }
  if (!terminated && !no_memory && !pieces.Cut()) no_memory = true;
  if (terminated || no_memory) {
    codec_.reset();
    Report(0);
    // A termination takes effect when JavaScript goes on.
    if (terminated) return v8::Undefined(cx.isolate).As<v8::Value>();
    return RangeError("Array buffer allocation failed");
  }
  Report(codec_->memory());
  return pieces.Value();
}

}  // namespace verge::bindings
