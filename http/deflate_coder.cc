// gzip (RFC 1952), zlib (RFC 1950) and raw deflate (RFC 1951), by zlib.
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "http/counted_memory.h"
#include "http/stream_coder.h"

namespace verge::http {

namespace {

constexpr int kMemoryLevel = 8;

// zlib's way of naming the three formats.
int WindowBits(ContentCoding coding) {
  switch (coding) {
    case ContentCoding::kGzip:
      return MAX_WBITS + 16;
    case ContentCoding::kDeflateRaw:
      return -MAX_WBITS;
    default:
      return MAX_WBITS;
  }
}

uInt Clip(size_t size) { return static_cast<uInt>(std::min<size_t>(size, std::numeric_limits<uInt>::max())); }

// Lets zlib see as much of both as its counters hold, and moves the fronts past what it did.
template <typename Function>
int Run(z_stream& stream, std::span<const uint8_t>& input, std::span<uint8_t>& output, Function function) {
  const uInt in = Clip(input.size());
  const uInt out = Clip(output.size());
  stream.next_in = const_cast<Bytef*>(input.data());
  stream.avail_in = in;
  stream.next_out = output.data();
  stream.avail_out = out;
  const int code = function(&stream);
  input = input.subspan(in - stream.avail_in);
  output = output.subspan(out - stream.avail_out);
  return code;
}

z_stream NewStream(CountedMemory* memory) {
  z_stream stream{};
  stream.zalloc = [](void* opaque, uInt items, uInt size) {
    return CountedMemory::Allocate(opaque, static_cast<size_t>(items) * size);
  };
  stream.zfree = &CountedMemory::Free;
  stream.opaque = memory;
  return stream;
}

class DeflateEncoder final : public StreamCoder {
 public:
  DeflateEncoder() = default;
  ~DeflateEncoder() override { deflateEnd(&stream_); }

  bool Init(ContentCoding coding, int level) {
    return deflateInit2(&stream_, std::clamp(level, Z_DEFAULT_COMPRESSION, Z_BEST_COMPRESSION), Z_DEFLATED,
                        WindowBits(coding), kMemoryLevel, Z_DEFAULT_STRATEGY) == Z_OK;
  }

  std::expected<Status, std::string> Step(std::span<const uint8_t>& input, std::span<uint8_t>& output,
                                          Mode mode) override {
    while (!output.empty()) {
      // Only the last piece of an input beyond 4 GiB is the last one.
      const bool all = input.size() == Clip(input.size());
      const int flush = !all || mode == Mode::kMore ? Z_NO_FLUSH : mode == Mode::kFlush ? Z_SYNC_FLUSH : Z_FINISH;
      const int code = Run(stream_, input, output, [&](z_stream* stream) { return deflate(stream, flush); });
      if (code == Z_STREAM_END) return Status::kFinished;
      // Z_BUF_ERROR: nothing was left to do.
      if (code != Z_OK && code != Z_BUF_ERROR) return std::unexpected("Compression failed.");
      if (input.empty() && !output.empty()) return Status::kHungry;
    }
    return Status::kFull;
  }

  [[nodiscard]] size_t memory() const override { return memory_.bytes(); }

 private:
  CountedMemory memory_;
  z_stream stream_ = NewStream(&memory_);
};

class DeflateDecoder final : public StreamCoder {
 public:
  DeflateDecoder(ContentCoding coding, Strictness strictness)
      : coding_(coding),
        state_(strictness == Strictness::kLenient && coding == ContentCoding::kDeflate ? State::kDetect
                                                                                       : State::kInside),
        members_(strictness == Strictness::kLenient && coding == ContentCoding::kGzip) {}
  ~DeflateDecoder() override { inflateEnd(&stream_); }

  bool Init() { return inflateInit2(&stream_, WindowBits(coding_)) == Z_OK; }

  std::expected<Status, std::string> Step(std::span<const uint8_t>& input, std::span<uint8_t>& output,
                                          Mode /*mode*/) override {
    for (;;) {
      switch (state_) {
        case State::kDetect:
          if (!Hold(input)) return Status::kHungry;
          if (!LooksLikeZlib()) inflateReset2(&stream_, -MAX_WBITS);
          state_ = State::kInside;
          break;
        case State::kInside: {
          auto status = Inflate(input, output);
          if (!status || *status != Status::kFinished || !members_) return status;
          break;
        }
        case State::kBetween:
          if (!Hold(input)) return Status::kHungry;
          // What is no further member is padding or junk, which browsers do not look at.
          if (held_[0] != 0x1f || held_[1] != 0x8b) {
            state_ = State::kAfter;
            break;
          }
          inflateReset(&stream_);
          state_ = State::kInside;
          break;
        case State::kAfter:
          return Status::kFinished;
      }
    }
  }

  [[nodiscard]] size_t memory() const override { return memory_.bytes(); }

  [[nodiscard]] bool complete() const override { return state_ == State::kBetween || state_ == State::kAfter; }

 private:
  enum class State : uint8_t {
    kDetect,   // zlib's header or raw deflate: two bytes tell
    kInside,   // in a stream
    kBetween,  // after a gzip member, perhaps before the next
    kAfter,
  };

  // Collects two bytes to look at; inflate gets them first.
  bool Hold(std::span<const uint8_t>& input) {
    while (held_count_ < 2 && !input.empty()) {
      held_[held_count_++] = input.front();
      input = input.subspan(1);
    }
    return held_count_ == 2;
  }

  // RFC 1950, 2.2: method 8, a window that exists, and a checksum.
  [[nodiscard]] bool LooksLikeZlib() const {
    return (held_[0] & 0x0f) == Z_DEFLATED && (held_[0] >> 4) <= 7 && (held_[0] * 256 + held_[1]) % 31 == 0;
  }

  std::expected<Status, std::string> Inflate(std::span<const uint8_t>& input, std::span<uint8_t>& output) {
    const auto step = [](z_stream* stream) { return inflate(stream, Z_NO_FLUSH); };
    while (!output.empty()) {
      int code;
      if (held_count_ > 0) {
        std::span<const uint8_t> held(held_, held_count_);
        code = Run(stream_, held, output, step);
        std::copy(held.begin(), held.end(), held_);
        held_count_ = held.size();
      } else {
        code = Run(stream_, input, output, step);
      }
      if (code == Z_STREAM_END) {
        held_count_ = 0;
        state_ = members_ ? State::kBetween : State::kAfter;
        return Status::kFinished;
      }
      // Z_BUF_ERROR: nothing was left to do.
      if (code != Z_OK && code != Z_BUF_ERROR) return Failed(code);
      if (input.empty() && held_count_ == 0 && !output.empty()) return Status::kHungry;
    }
    return Status::kFull;
  }

  std::unexpected<std::string> Failed(int code) const {
    if (code == Z_MEM_ERROR) return std::unexpected(std::string("Decompression failed: out of memory."));
    if (code == Z_NEED_DICT) return std::unexpected(std::string("Decompression failed: the data needs a dictionary."));
    return std::unexpected(stream_.msg ? "Decompression failed: " + std::string(stream_.msg) + "."
                                       : std::string("Decompression failed."));
  }

  CountedMemory memory_;
  z_stream stream_ = NewStream(&memory_);
  ContentCoding coding_;
  State state_;
  bool members_;
  uint8_t held_[2] = {};
  size_t held_count_ = 0;
};

}  // namespace

std::unique_ptr<StreamCoder> CreateDeflateEncoder(ContentCoding coding, int level) {
  auto encoder = std::make_unique<DeflateEncoder>();
  if (!encoder->Init(coding, level)) return nullptr;
  return encoder;
}

std::unique_ptr<StreamCoder> CreateDeflateDecoder(ContentCoding coding, Strictness strictness) {
  auto decoder = std::make_unique<DeflateDecoder>(coding, strictness);
  if (!decoder->Init()) return nullptr;
  return decoder;
}

}  // namespace verge::http
