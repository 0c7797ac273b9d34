// For the tests of verge itself: clocks of what is stored (the cache, KV) that a test moves on, so that nobody waits.
#ifndef CLI_TEST_CLOCK_H_
#define CLI_TEST_CLOCK_H_

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "cache/time.h"
#include "kv/clock.h"

namespace verge::cli {

// `--test-clock FILE`: the first eight bytes of FILE are how many milliseconds they are ahead of the machine's clock,
// in its byte order. What is written there counts at once.
class TestClock {
 public:
  static std::expected<std::unique_ptr<TestClock>, std::string> Open(const std::string& file);
  ~TestClock();
  TestClock(const TestClock&) = delete;
  TestClock& operator=(const TestClock&) = delete;

  [[nodiscard]] const cache::Clock& cache() const { return cache_; }
  [[nodiscard]] const kv::Clock& kv() const { return kv_; }

 private:
  explicit TestClock(const int64_t* ahead) : ahead_(ahead), cache_(ahead), kv_(ahead) {}

  class OfCache final : public cache::Clock {
   public:
    explicit OfCache(const int64_t* ahead) : ahead_(ahead) {}
    [[nodiscard]] cache::Time Now() const override;

   private:
    const int64_t* const ahead_;
  };
  class OfKv final : public kv::Clock {
   public:
    explicit OfKv(const int64_t* ahead) : ahead_(ahead) {}
    [[nodiscard]] int64_t Now() const override;

   private:
    const int64_t* const ahead_;
  };

  const int64_t* const ahead_;  // mapped
  const OfCache cache_;
  const OfKv kv_;
};

}  // namespace verge::cli

#endif  // CLI_TEST_CLOCK_H_
