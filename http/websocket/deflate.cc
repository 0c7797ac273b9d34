#include "http/websocket/deflate.h"

#include <zlib.h>

#include <algorithm>
#include <array>

namespace verge::http {

namespace {

// Of zlib's 1 to 9: nearly the ratio of the default at twice its speed, on the kind of text that sockets carry.
constexpr int kLevel = 4;

// 2^(kMemoryLevel + 9) bytes of hash table: 16 KiB.
constexpr int kMemoryLevel = 5;

// What a flushed block ends with and messages leave out (RFC 7692, 7.2.1).
constexpr std::array<uint8_t, 4> kTail = {0x00, 0x00, 0xff, 0xff};

constexpr size_t kGrowth = 4096;

Bytef* Input(std::span<const uint8_t> input) { return const_cast<Bytef*>(input.data()); }

}  // namespace

struct MessageDeflater::Stream {
  z_stream z{};
  bool ready = false;
  ~Stream() {
    if (ready) deflateEnd(&z);
  }
};

MessageDeflater::MessageDeflater(int window_bits, bool context_takeover)
    : window_bits_(window_bits), context_takeover_(context_takeover) {}
MessageDeflater::~MessageDeflater() = default;

bool MessageDeflater::Compress(std::span<const uint8_t> input, bool last, std::string& out) {
  if (!stream_) {
    auto stream = std::make_unique<Stream>();
    if (deflateInit2(&stream->z, kLevel, Z_DEFLATED, -window_bits_, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
      return false;
    }
    stream->ready = true;
    stream_ = std::move(stream);
  }
  z_stream& z = stream_->z;
  z.next_in = Input(input);
  z.avail_in = static_cast<uInt>(input.size());
  const size_t begin = out.size();
  const int flush = last ? Z_SYNC_FLUSH : Z_NO_FLUSH;
  size_t growth = std::max(kGrowth, input.size() / 2);
  do {
    const size_t size = out.size();
    out.resize_and_overwrite(size + growth, [&](char* data, size_t) {
      z.next_out = reinterpret_cast<Bytef*>(data) + size;
      z.avail_out = static_cast<uInt>(growth);
      deflate(&z, flush);
      return size + growth - z.avail_out;
    });
  } while (z.avail_out == 0);
  if (last) {
    // The flush ended with the tail, unless nothing was to flush: an empty message after an empty one.
    const std::string_view tail(reinterpret_cast<const char*>(kTail.data()), kTail.size());
    if (std::string_view(out).substr(begin).ends_with(tail)) {
      out.resize(out.size() - tail.size());
    } else {
      out.push_back('\0');
    }
    if (!context_takeover_) stream_.reset();
  }
  return true;
}

struct MessageInflater::Stream {
  z_stream z{};
  bool ready = false;
  ~Stream() {
    if (ready) inflateEnd(&z);
  }
};

MessageInflater::MessageInflater(int window_bits, bool context_takeover)
    : window_bits_(window_bits), context_takeover_(context_takeover) {}
MessageInflater::~MessageInflater() = default;

MessageInflater::Result MessageInflater::Expand(std::span<const uint8_t> input, std::string& out, size_t max_size) {
  if (!stream_) {
    auto stream = std::make_unique<Stream>();
    if (inflateInit2(&stream->z, -window_bits_) != Z_OK) return Result::kInvalid;
    stream->ready = true;
    stream_ = std::move(stream);
  }
  z_stream& z = stream_->z;
  z.next_in = Input(input);
  z.avail_in = static_cast<uInt>(input.size());
  for (;;) {
    const size_t size = out.size();
    // One byte more than allowed, to see that there is more.
    const size_t room = std::min(std::max(kGrowth, 4 * input.size()), max_size + 1 - size);
    int status = Z_OK;
    out.resize_and_overwrite(size + room, [&](char* data, size_t) {
      z.next_out = reinterpret_cast<Bytef*>(data) + size;
      z.avail_out = static_cast<uInt>(room);
      status = inflate(&z, Z_SYNC_FLUSH);
      return size + room - z.avail_out;
    });
    if (out.size() > max_size) return Result::kTooBig;
    if (status == Z_STREAM_END) {
      // A final block in the middle (7.2.3.4): the next one starts afresh.
      if (inflateReset(&z) != Z_OK) return Result::kInvalid;
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      return Result::kInvalid;
    }
    if (z.avail_in == 0 && z.avail_out != 0) return Result::kOk;
    if (status == Z_BUF_ERROR && z.avail_out != 0) return Result::kInvalid;
  }
}

MessageInflater::Result MessageInflater::Finish(std::string& out, size_t max_size) {
  const Result result = Expand(kTail, out, max_size);
  if (!context_takeover_) stream_.reset();
  return result;
}

}  // namespace verge::http
