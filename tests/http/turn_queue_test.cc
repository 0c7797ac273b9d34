#include "http/turn_queue.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>

namespace verge::http {
namespace {

class Turn final : public Scheduled {
 public:
  std::function<void()> action = [] {};
  int turns = 0;

  void OnTurn() override {
    ++turns;
    action();
  }
};

class TurnQueueTest : public testing::Test {
 protected:
  TurnQueueTest() {
    uv_loop_init(&loop_);
    // Something to wait for: without it the loop never would.
    uv_timer_init(&loop_, &timer_);
    uv_timer_start(&timer_, [](uv_timer_t*) {}, 3'600'000, 0);
    first_ = std::make_unique<TurnQueue>(&loop_);
    second_ = std::make_unique<TurnQueue>(&loop_);
    Round();
  }
  ~TurnQueueTest() override {
    first_.reset();
    second_.reset();
    uv_close(reinterpret_cast<uv_handle_t*>(&timer_), nullptr);
    uv_run(&loop_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&loop_), 0) << "everything is closed";
  }

  void Round() { uv_run(&loop_, UV_RUN_NOWAIT); }
  [[nodiscard]] bool WouldWait() const { return uv_backend_timeout(&loop_) != 0; }

  uv_loop_t loop_;
  uv_timer_t timer_;
  std::unique_ptr<TurnQueue> first_;
  std::unique_ptr<TurnQueue> second_;
};

TEST_F(TurnQueueTest, EachTurnIsTakenOnce) {
  Turn one;
  Turn other;
  EXPECT_TRUE(WouldWait());
  first_->Add(&one);
  first_->Add(&one);
  first_->Add(&other);
  EXPECT_FALSE(WouldWait());
  Round();
  EXPECT_EQ(one.turns, 1);
  EXPECT_EQ(other.turns, 1);
  EXPECT_TRUE(WouldWait());
}

TEST_F(TurnQueueTest, ATurnAddsAndRemovesOthers) {
  Turn one;
  Turn removed;
  Turn added;
  one.action = [&] {
    first_->Remove(&removed);
    first_->Add(&added);
  };
  first_->Add(&one);
  first_->Add(&removed);
  Round();
  EXPECT_EQ(removed.turns, 0);
  EXPECT_EQ(added.turns, 1);
  first_->Add(&removed);
  Round();
  EXPECT_EQ(removed.turns, 1) << "it can come back";
}

// Of two queues one runs first in each round. What the other one's turn adds to it must not wait for an event.
TEST_F(TurnQueueTest, TheLoopDoesNotWaitWhileSomethingDoes) {
  for (const bool swapped : {false, true}) {
    TurnQueue& from = swapped ? *second_ : *first_;
    TurnQueue& to = swapped ? *first_ : *second_;
    Turn target;
    Turn feeder;
    feeder.action = [&] { to.Add(&target); };
    from.Add(&feeder);
    Round();
    EXPECT_EQ(WouldWait(), target.turns == 1);
    Round();
    EXPECT_EQ(target.turns, 1);
    EXPECT_TRUE(WouldWait());
  }
}

TEST_F(TurnQueueTest, NothingIsAddedAfterClose) {
  Turn one;
  first_->Close();
  first_->Add(&one);
  Round();
  EXPECT_EQ(one.turns, 0);
}

}  // namespace
}  // namespace verge::http
