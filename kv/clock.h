// The time that expiry is measured in.
#ifndef KV_CLOCK_H_
#define KV_CLOCK_H_

#include <cstdint>

namespace verge::kv {

// Any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  // Seconds since the epoch.
  [[nodiscard]] virtual int64_t Now() const = 0;

  static const Clock& System();
};

}  // namespace verge::kv

#endif  // KV_CLOCK_H_
