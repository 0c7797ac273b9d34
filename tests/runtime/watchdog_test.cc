#include "runtime/watchdog.h"

#include <gtest/gtest.h>
#include <time.h>
#include <v8.h>

#include <memory>
#include <string>

#include "runtime/platform.h"

namespace verge::runtime {
namespace {

constexpr int64_t kMs = 1'000'000;

// A bare isolate: what the watchdog does needs none of verge's APIs.
class WatchdogTest : public testing::Test {
 protected:
  WatchdogTest() {
    Platform::Initialize();
    allocator_.reset(v8::ArrayBuffer::Allocator::NewDefaultAllocator());
    v8::Isolate::CreateParams params;
    params.array_buffer_allocator = allocator_.get();
    isolate_ = v8::Isolate::New(params);
    isolate_->Enter();
    slot_ = watchdog_.Acquire();
  }
  ~WatchdogTest() override {
    watchdog_.Release(slot_);
    isolate_->Exit();
    isolate_->Dispose();
  }

  // Runs `source` with a budget. True: it was terminated.
  bool Run(const std::string& source, int64_t budget_ns) {
    v8::HandleScope scope(isolate_);
    v8::Local<v8::Context> context = v8::Context::New(isolate_);
    v8::Context::Scope context_scope(context);
    v8::TryCatch try_catch(isolate_);
    slot_->Begin(isolate_, budget_ns);
    v8::Local<v8::String> text;
    v8::Local<v8::Script> script;
    bool compiled = v8::String::NewFromUtf8(isolate_, source.c_str()).ToLocal(&text) &&
                    v8::Script::Compile(context, text).ToLocal(&script);
    if (compiled) (void)script->Run(context);
    bool terminated = slot_->End();
    isolate_->CancelTerminateExecution();
    return terminated;
  }

  Watchdog watchdog_;
  std::unique_ptr<v8::ArrayBuffer::Allocator> allocator_;
  v8::Isolate* isolate_ = nullptr;
  Watchdog::Slot* slot_ = nullptr;
};

TEST_F(WatchdogTest, EndsAnEndlessLoop) {
  EXPECT_TRUE(Run("for (;;) {}", 5 * kMs));
  EXPECT_TRUE(Run("for (;;) {}", 20 * kMs));
}

TEST_F(WatchdogTest, EndsABacktrackingRegularExpression) {
  EXPECT_TRUE(Run("/^(a+)+$/.test('a'.repeat(40) + 'b')", 20 * kMs));
}

TEST_F(WatchdogTest, LeavesShortTurnsAlone) {
  for (int i = 0; i < 20'000; ++i) {
    slot_->Begin(isolate_, 1 * kMs);
    (void)slot_->End();  // a turn that the scheduler stretched may be ended: no claim about that
  }
  EXPECT_FALSE(Run("1 + 1", 10'000 * kMs));
}

TEST_F(WatchdogTest, CountsProcessorTimeAndNotWaiting) {
  // Sleeping for ten times the budget uses none of it.
  slot_->Begin(isolate_, 20 * kMs);
  timespec pause{0, 200 * kMs};
  nanosleep(&pause, nullptr);
  EXPECT_FALSE(slot_->End());
}

TEST_F(WatchdogTest, ATerminationNeverHitsTheNextTurn) {
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(Run("for (;;) {}", 1 * kMs)) << i;
    ASSERT_FALSE(Run("let n = 0; for (let i = 0; i < 1000; i++) n += i;", 60'000 * kMs)) << i;
  }
}

TEST_F(WatchdogTest, WakesAfterALongPause) {
  // Longer than the watchdog stays awake without work.
  timespec pause{0, 150 * kMs};
  nanosleep(&pause, nullptr);
  EXPECT_TRUE(Run("for (;;) {}", 5 * kMs));
}

}  // namespace
}  // namespace verge::runtime
