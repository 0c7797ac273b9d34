// What a connection has still to send.
#ifndef HTTP_WRITE_QUEUE_H_
#define HTTP_WRITE_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "http/bytes.h"

namespace verge::http {

// Small pieces are gathered in one buffer whose memory is kept; large shared ones are sent from where they are.
class WriteQueue {
 public:
  enum class Result : uint8_t { kDone, kBlocked, kBroken };

  // The place to append heads and small bodies to.
  [[nodiscard]] std::string& buffer() { return buffer_; }

  void Append(std::string_view text) { buffer_.append(text); }
  void Append(Bytes bytes);

  // Sends until everything is gone or the socket takes no more.
  Result Send(int fd);

  // For senders other than a socket: what comes first, and that so much of it is sent.
  [[nodiscard]] std::string_view front() const;
  void Advance(size_t count);

  [[nodiscard]] size_t size() const { return shared_size_ + buffer_.size() - sent_of_front_; }
  [[nodiscard]] bool empty() const { return size() == 0; }

  // Bytes sent so far, and the count this will be when all that is here is sent.
  [[nodiscard]] uint64_t sent() const { return sent_; }
  [[nodiscard]] uint64_t end() const { return sent_ + size(); }

  void Clear();

 private:
  std::deque<Bytes> shared_;  // comes before the buffer
  size_t shared_size_ = 0;
  std::string buffer_;
  size_t sent_of_front_ = 0;  // of the first shared piece, or of the buffer if there is none
  uint64_t sent_ = 0;
};

}  // namespace verge::http

#endif  // HTTP_WRITE_QUEUE_H_
