#include "cli/bundle/frame_stream.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace verge::cli {
namespace {

constexpr uint32_t kMaxMessage = 512u << 20;

}  // namespace

std::string NumberBytes(uint32_t number) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(number >> shift & 0xFF);
  return bytes;
}

uint32_t NumberOf(std::string_view bytes) {
  uint32_t number = 0;
  for (int i = 0; i < 4; ++i) number |= static_cast<uint32_t>(static_cast<uint8_t>(bytes[i])) << 8 * i;
  return number;
}

FrameStream::FrameStream(int in, int out) : in_(in), out_(out) {
  fcntl(in_, F_SETFL, O_NONBLOCK);
  fcntl(out_, F_SETFL, O_NONBLOCK);
}

FrameStream::FrameStream(FrameStream&& other) noexcept
    : in_(std::exchange(other.in_, -1)), out_(std::exchange(other.out_, -1)), deadline_(other.deadline_) {}

FrameStream& FrameStream::operator=(FrameStream&& other) noexcept {
  std::swap(in_, other.in_);
  std::swap(out_, other.out_);
  deadline_ = other.deadline_;
  return *this;
}

void FrameStream::Close() {
  if (in_ >= 0) close(in_);
  if (out_ >= 0 && out_ != in_) close(out_);
  in_ = out_ = -1;
}

bool FrameStream::Wait(int fd, int events) const {
  const auto left = deadline_ - std::chrono::steady_clock::now();
  if (left <= std::chrono::nanoseconds(0)) return false;
  pollfd waiting{fd, static_cast<short>(events), 0};  // NOLINT(google-runtime-int): as poll has it
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(left).count() + 1;
  return poll(&waiting, 1, static_cast<int>(ms)) != 0;
}

bool FrameStream::Send(std::string_view message) {
  const std::string head = NumberBytes(static_cast<uint32_t>(message.size()));
  for (std::string_view bytes : {std::string_view(head), message}) {
    while (!bytes.empty()) {
      const ssize_t count = write(out_, bytes.data(), bytes.size());
      if (count > 0) {
        bytes.remove_prefix(static_cast<size_t>(count));
      } else if (count == 0 || (errno != EINTR && (errno != EAGAIN || !Wait(out_, POLLOUT)))) {
        return false;
      }
    }
  }
  return true;
}

bool FrameStream::ReadExactly(char* out, size_t size) {
  while (size > 0) {
    const ssize_t count = read(in_, out, size);
    if (count > 0) {
      out += count;
      size -= static_cast<size_t>(count);
    } else if (count == 0 || (errno != EINTR && (errno != EAGAIN || !Wait(in_, POLLIN)))) {
      return false;
    }
  }
  return true;
}

std::string FrameStream::Receive() {
  char head[4];
  if (!ReadExactly(head, sizeof head)) return {};
  const uint32_t size = NumberOf({head, sizeof head});
  if (size == 0 || size > kMaxMessage) return {};
  std::string message(size, '\0');
  return ReadExactly(message.data(), size) ? message : std::string();
}

}  // namespace verge::cli
