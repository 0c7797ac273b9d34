// Messages with their length in front, over a pair of descriptors, within a time limit.
#ifndef CLI_BUNDLE_FRAME_STREAM_H_
#define CLI_BUNDLE_FRAME_STREAM_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace verge::cli {

// The bytes of a number as they are sent: four, the lowest first.
std::string NumberBytes(uint32_t number);
// The same back; `bytes` has four.
uint32_t NumberOf(std::string_view bytes);

// Owns the descriptors, which may be the same one. From one thread at a time.
class FrameStream {
 public:
  FrameStream() = default;
  // Makes both non-blocking.
  FrameStream(int in, int out);
  ~FrameStream() { Close(); }
  FrameStream(FrameStream&& other) noexcept;
  FrameStream& operator=(FrameStream&& other) noexcept;

  void Close();

  // When what is under way is given up. Nothing may be sent or received before it is set.
  void set_deadline(std::chrono::steady_clock::time_point deadline) { deadline_ = deadline; }

  // False: the other end is gone, or too slow.
  bool Send(std::string_view message);
  // A message without its length; empty: the other end is gone, too slow, or sends nonsense.
  std::string Receive();

 private:
  bool Wait(int fd, int events) const;
  bool ReadExactly(char* out, size_t size);

  int in_ = -1;
  int out_ = -1;
  std::chrono::steady_clock::time_point deadline_;
};

}  // namespace verge::cli

#endif  // CLI_BUNDLE_FRAME_STREAM_H_
