// How much of what a worker logs is let through.
#ifndef RUNTIME_LOG_ALLOWANCE_H_
#define RUNTIME_LOG_ALLOWANCE_H_

#include <cstddef>

namespace verge::runtime {

// Of one invocation. Bytes of text; each line counts one more.
class LogAllowance {
 public:
  void Renew() { *this = LogAllowance(); }

  // How much of a line is worth making: more than may be written only by what shows that it is more.
  [[nodiscard]] size_t Room(size_t limit) const { return spent_ ? 0 : limit - used_ + 1; }

  // Takes a line of `size` bytes. How many of them may be written.
  size_t Take(size_t size, size_t limit) {
    if (spent_) return 0;
    const size_t room = limit - used_;
    used_ += size + 1;
    if (size < room) return size;
    spent_ = true;
    return room;
  }

  // What was asked for, up to the line that was too much.
  [[nodiscard]] size_t used() const { return used_; }
  // Whether nothing is let through any more.
  [[nodiscard]] bool spent() const { return spent_; }

 private:
  size_t used_ = 0;  // never above the limit before it is spent
  bool spent_ = false;
};

}  // namespace verge::runtime

#endif  // RUNTIME_LOG_ALLOWANCE_H_
