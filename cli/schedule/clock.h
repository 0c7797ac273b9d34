// The time by which schedules run.
#ifndef CLI_SCHEDULE_CLOCK_H_
#define CLI_SCHEDULE_CLOCK_H_

#include <chrono>

namespace verge::cli {

class ScheduleClock {
 public:
  using Time = std::chrono::sys_time<std::chrono::milliseconds>;

  virtual ~ScheduleClock() = default;
  [[nodiscard]] virtual Time Now() const = 0;
  // How much faster than the machine's clock it runs; 1 but for tests.
  [[nodiscard]] virtual double speed() const { return 1; }
};

class SystemScheduleClock final : public ScheduleClock {
 public:
  [[nodiscard]] Time Now() const override {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }
};

// Runs `speed` times as fast from when it was made.
class FastScheduleClock final : public ScheduleClock {
 public:
  explicit FastScheduleClock(double speed) : speed_(speed) {}
  [[nodiscard]] Time Now() const override {
    const std::chrono::duration<double, std::milli> passed = std::chrono::steady_clock::now() - begin_;
    return start_ + std::chrono::milliseconds(static_cast<int64_t>(passed.count() * speed_));
  }
  [[nodiscard]] double speed() const override { return speed_; }

 private:
  const double speed_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  const Time start_ = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
};

}  // namespace verge::cli

#endif  // CLI_SCHEDULE_CLOCK_H_
