// Brotli (RFC 7932), by Google's library.
#include <brotli/decode.h>
#include <brotli/encode.h>

#include <algorithm>

#include "http/counted_memory.h"
#include "http/stream_coder.h"

namespace verge::http {

namespace {

// Where time and size balance for answers that are compressed once; the library's own default (11) is for files that
// are compressed at leisure. The window bounds an encoder's memory to some 2 MB.
constexpr int kQuality = 5;
constexpr int kWindowBits = 19;

class BrotliEncoder final : public StreamCoder {
 public:
  BrotliEncoder() = default;
  ~BrotliEncoder() override { BrotliEncoderDestroyInstance(state_); }

  bool Init(int level) {
    state_ = BrotliEncoderCreateInstance(&CountedMemory::Allocate, &CountedMemory::Free, &memory_);
    if (!state_) return false;
    const int quality = level < 0 ? kQuality : std::min(level, BROTLI_MAX_QUALITY);
    return BrotliEncoderSetParameter(state_, BROTLI_PARAM_QUALITY, static_cast<uint32_t>(quality)) &&
           BrotliEncoderSetParameter(state_, BROTLI_PARAM_LGWIN, kWindowBits);
  }

  std::expected<Status, std::string> Step(std::span<const uint8_t>& input, std::span<uint8_t>& output,
                                          Mode mode) override {
    const BrotliEncoderOperation operation = mode == Mode::kMore    ? BROTLI_OPERATION_PROCESS
                                             : mode == Mode::kFlush ? BROTLI_OPERATION_FLUSH
                                                                    : BROTLI_OPERATION_FINISH;
    for (;;) {
      size_t in = input.size();
      const uint8_t* next_in = input.data();
      size_t out = output.size();
      uint8_t* next_out = output.data();
      const bool ok = BrotliEncoderCompressStream(state_, operation, &in, &next_in, &out, &next_out, nullptr);
      input = input.last(in);
      output = output.last(out);
      if (!ok) return std::unexpected("Compression failed.");
      if (BrotliEncoderIsFinished(state_)) return Status::kFinished;
      if (output.empty()) return Status::kFull;
      if (input.empty() && !BrotliEncoderHasMoreOutput(state_)) return Status::kHungry;
    }
  }

  [[nodiscard]] size_t memory() const override { return memory_.bytes(); }

 private:
  CountedMemory memory_;
  BrotliEncoderState* state_ = nullptr;
};

class BrotliDecoder final : public StreamCoder {
 public:
  // Windows above 16 MB are another format, which stays switched off.
  BrotliDecoder() : state_(BrotliDecoderCreateInstance(&CountedMemory::Allocate, &CountedMemory::Free, &memory_)) {}
  ~BrotliDecoder() override { BrotliDecoderDestroyInstance(state_); }

  [[nodiscard]] bool valid() const { return state_ != nullptr; }

  std::expected<Status, std::string> Step(std::span<const uint8_t>& input, std::span<uint8_t>& output,
                                          Mode /*mode*/) override {
    if (complete()) return Status::kFinished;
    size_t in = input.size();
    const uint8_t* next_in = input.data();
    size_t out = output.size();
    uint8_t* next_out = output.data();
    const BrotliDecoderResult result = BrotliDecoderDecompressStream(state_, &in, &next_in, &out, &next_out, nullptr);
    input = input.last(in);
    output = output.last(out);
    switch (result) {
      case BROTLI_DECODER_RESULT_SUCCESS:
        return Status::kFinished;
      case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT:
        return Status::kHungry;
      case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT:
        return Status::kFull;
      default:
        return std::unexpected("Decompression failed.");
    }
  }

  [[nodiscard]] bool complete() const override { return BrotliDecoderIsFinished(state_); }

  [[nodiscard]] size_t memory() const override { return memory_.bytes(); }

 private:
  CountedMemory memory_;
  BrotliDecoderState* state_;
};

}  // namespace

std::unique_ptr<StreamCoder> CreateBrotliEncoder(int level) {
  auto encoder = std::make_unique<BrotliEncoder>();
  if (!encoder->Init(level)) return nullptr;
  return encoder;
}

std::unique_ptr<StreamCoder> CreateBrotliDecoder() {
  auto decoder = std::make_unique<BrotliDecoder>();
  if (!decoder->valid()) return nullptr;
  return decoder;
}

}  // namespace verge::http
