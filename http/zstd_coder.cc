// Zstandard (RFC 8878), by Facebook's library.
#include <zstd.h>

#include <algorithm>

#include "http/stream_coder.h"

namespace verge::http {

namespace {

constexpr int kLevel = 3;

// 8 MB: what a decoder of the content coding has to accept, and an encoder may use at most (RFC 9659).
constexpr int kMaxWindowLog = 23;

class ZstdEncoder final : public StreamCoder {
 public:
  ZstdEncoder() : context_(ZSTD_createCCtx()) {}
  ~ZstdEncoder() override { ZSTD_freeCCtx(context_); }

  bool Init(int level) {
    if (!context_) return false;
    level = level < 0 ? kLevel : std::clamp(level, 1, 19);  // the "ultra" levels above want larger windows
    return !ZSTD_isError(ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, level)) &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(context_, ZSTD_c_checksumFlag, 1));
  }

  std::expected<Status, std::string> Step(std::span<const uint8_t>& input, std::span<uint8_t>& output,
                                          Mode mode) override {
    const ZSTD_EndDirective directive = mode == Mode::kMore    ? ZSTD_e_continue
                                        : mode == Mode::kFlush ? ZSTD_e_flush
                                                               : ZSTD_e_end;
    for (;;) {
      if (output.empty()) return Status::kFull;
      ZSTD_inBuffer in = {.src = input.data(), .size = input.size(), .pos = 0};
      ZSTD_outBuffer out = {.dst = output.data(), .size = output.size(), .pos = 0};
      const size_t rest = ZSTD_compressStream2(context_, &out, &in, directive);
      input = input.subspan(in.pos);
      output = output.subspan(out.pos);
      if (ZSTD_isError(rest)) return std::unexpected("Compression failed.");
      if (mode == Mode::kMore ? input.empty() && !output.empty() : rest == 0) {
        return mode == Mode::kFinish ? Status::kFinished : Status::kHungry;
      }
    }
  }

  [[nodiscard]] size_t memory() const override { return ZSTD_sizeof_CCtx(context_); }

 private:
  ZSTD_CCtx* context_;
};

class ZstdDecoder final : public StreamCoder {
 public:
  ZstdDecoder() : context_(ZSTD_createDCtx()) {}
  ~ZstdDecoder() override { ZSTD_freeDCtx(context_); }

  bool Init() {
    return context_ && !ZSTD_isError(ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, kMaxWindowLog));
  }

  // Any number of frames is one stream (RFC 8878, 3), so it never says that it is finished.
  std::expected<Status, std::string> Step(std::span<const uint8_t>& input, std::span<uint8_t>& output,
                                          Mode /*mode*/) override {
    while (!output.empty()) {
      // At a frame's end there is nothing held back either.
      if (input.empty() && (complete_ || !more_)) return Status::kHungry;
      ZSTD_inBuffer in = {.src = input.data(), .size = input.size(), .pos = 0};
      ZSTD_outBuffer out = {.dst = output.data(), .size = output.size(), .pos = 0};
      const size_t rest = ZSTD_decompressStream(context_, &out, &in);
      if (ZSTD_isError(rest)) return std::unexpected("Decompression failed.");
      input = input.subspan(in.pos);
      output = output.subspan(out.pos);
      complete_ = rest == 0;
      more_ = output.empty();
    }
    return Status::kFull;
  }

  [[nodiscard]] bool complete() const override { return complete_; }

  [[nodiscard]] size_t memory() const override { return ZSTD_sizeof_DCtx(context_); }

 private:
  ZSTD_DCtx* context_;
  bool complete_ = false;  // after a frame
  bool more_ = false;      // the last output was filled: there may be more without further input
};

}  // namespace

std::unique_ptr<StreamCoder> CreateZstdEncoder(int level) {
  auto encoder = std::make_unique<ZstdEncoder>();
  if (!encoder->Init(level)) return nullptr;
  return encoder;
}

std::unique_ptr<StreamCoder> CreateZstdDecoder() {
  auto decoder = std::make_unique<ZstdDecoder>();
  if (!decoder->Init()) return nullptr;
  return decoder;
}

}  // namespace verge::http
