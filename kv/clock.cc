#include "kv/clock.h"

#include <time.h>

namespace verge::kv {
namespace {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] int64_t Now() const override {
    // The coarse clock is a few milliseconds late at most, and costs a few nanoseconds: every read asks it.
    timespec time{};
    clock_gettime(CLOCK_REALTIME_COARSE, &time);
    return time.tv_sec;
  }
};

}  // namespace

const Clock& Clock::System() {
  static const SystemClock clock;
  return clock;
}

}  // namespace verge::kv
