#include "runtime/timer_queue.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace verge::runtime {
namespace {

class Recorder final : public TimerQueue::Timer {
 public:
  explicit Recorder(std::function<void()> action) : action_(std::move(action)) {}
  void OnTimer() override { action_(); }

 private:
  std::function<void()> action_;
};

class TimerQueueTest : public testing::Test {
 protected:
  TimerQueueTest() {
    uv_loop_init(&loop_);
    queue_ = std::make_unique<TimerQueue>(&loop_);
    // The queue's own handle keeps no loop alive.
    uv_idle_init(&loop_, &keep_alive_);
    uv_idle_start(&keep_alive_, [](uv_idle_t*) {});
  }
  ~TimerQueueTest() override {
    queue_.reset();
    uv_close(reinterpret_cast<uv_handle_t*>(&keep_alive_), nullptr);
    uv_run(&loop_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&loop_), 0);
  }
  // Turns the loop until nothing is pending.
  void RunUntilEmpty() {
    for (int turns = 0; queue_->size() > 0; ++turns) {
      ASSERT_LT(turns, 100'000'000);
      uv_run(&loop_, UV_RUN_NOWAIT);
    }
  }

  uv_loop_t loop_;
  uv_idle_t keep_alive_;
  std::unique_ptr<TimerQueue> queue_;
};

TEST_F(TimerQueueTest, FiresInOrderOfDeadlineAndThenOfSetting) {
  std::string order;
  Recorder a([&] { order += 'a'; });
  Recorder b([&] { order += 'b'; });
  Recorder c([&] { order += 'c'; });
  Recorder d([&] { order += 'd'; });
  queue_->Set(&a, 20);
  queue_->Set(&b, 1);
  queue_->Set(&c, 1);
  queue_->Set(&d, 0);
  RunUntilEmpty();
  EXPECT_EQ(order, "dbca");
}

TEST_F(TimerQueueTest, CancelledTimersDoNotFire) {
  int fired = 0;
  Recorder a([&] { ++fired; });
  Recorder b([&] { ++fired; });
  queue_->Set(&a, 1);
  queue_->Set(&b, 1);
  queue_->Cancel(&a);
  queue_->Cancel(&a);
  EXPECT_FALSE(a.pending());
  EXPECT_TRUE(b.pending());
  RunUntilEmpty();
  EXPECT_EQ(fired, 1);
}

TEST_F(TimerQueueTest, SettingAnewMovesTheDeadline) {
  std::string order;
  Recorder a([&] { order += 'a'; });
  Recorder b([&] { order += 'b'; });
  queue_->Set(&a, 1);
  queue_->Set(&b, 5);
  queue_->Set(&a, 10);
  EXPECT_EQ(queue_->size(), 2u);
  RunUntilEmpty();
  EXPECT_EQ(order, "ba");
}

TEST_F(TimerQueueTest, ATimerMayCancelAnotherThatIsDue) {
  int fired = 0;
  Recorder second([&] { ++fired; });
  Recorder first([&] { queue_->Cancel(&second); });
  queue_->Set(&first, 0);
  queue_->Set(&second, 0);
  RunUntilEmpty();
  EXPECT_EQ(fired, 0);
}

TEST_F(TimerQueueTest, ATimerThatSetsItselfAnewDoesNotStarveTheLoop) {
  int fired = 0;
  std::unique_ptr<Recorder> timer;
  timer = std::make_unique<Recorder>([&] {
    ++fired;
    queue_->Set(timer.get(), 0);
  });
  queue_->Set(timer.get(), 0);
  uv_update_time(&loop_);
  uv_run(&loop_, UV_RUN_NOWAIT);
  EXPECT_LE(fired, 1);  // once a turn
  queue_->Cancel(timer.get());
}

TEST_F(TimerQueueTest, HugeDelaysDoNotOverflow) {
  int fired = 0;
  Recorder never([&] { ++fired; });
  Recorder soon([&] { ++fired; });
  queue_->Set(&never, UINT64_MAX);
  queue_->Set(&soon, 1);
  for (int turns = 0; soon.pending() && turns < 100'000'000; ++turns) uv_run(&loop_, UV_RUN_NOWAIT);
  EXPECT_EQ(fired, 1);
  EXPECT_TRUE(never.pending());
  queue_->Cancel(&never);
}

TEST_F(TimerQueueTest, RandomSettingAndCancellingKeepsTheOrder) {
  std::mt19937 random(7);
  uint64_t last_due = 0;
  uint64_t fired = 0;
  struct Entry {
    uint64_t due = 0;
    std::unique_ptr<Recorder> timer;
  };
  std::vector<Entry> entries(500);
  for (auto& entry : entries) {
    entry.timer = std::make_unique<Recorder>([&entry, &last_due, &fired] {
      EXPECT_GE(entry.due, last_due);
      last_due = entry.due;
      ++fired;
    });
  }
  uint64_t now = uv_now(&loop_);
  for (int round = 0; round < 5000; ++round) {
    Entry& entry = entries[random() % entries.size()];
    if (random() % 4 == 0) {
      queue_->Cancel(entry.timer.get());
    } else {
      uint64_t delay = 1000 + random() % 50;
      queue_->Set(entry.timer.get(), delay);
      entry.due = uv_now(&loop_) + delay;
    }
  }
  size_t pending = queue_->size();
  ASSERT_GE(uv_now(&loop_), now);
  RunUntilEmpty();
  EXPECT_EQ(fired, pending);
}

}  // namespace
}  // namespace verge::runtime
