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

int64_t Now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

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
    v8::HandleScope scope(isolate_);
    v8::Local<v8::Context> context = v8::Context::New(isolate_);
    v8::Context::Scope context_scope(context);
    prepared_ = Preemption::Landing::Prepare(isolate_, context);
  }
  ~WatchdogTest() override {
    watchdog_.Release(slot_);
    Preemption::Landing::Remove(isolate_);
    isolate_->Exit();
    isolate_->Dispose();
  }

  // Runs `source` with a budget. True: it was terminated.
  bool Run(const std::string& source, int64_t budget_ns) {
    v8::HandleScope scope(isolate_);
    v8::Local<v8::Context> context = v8::Context::New(isolate_);
    v8::Context::Scope context_scope(context);
    v8::TryCatch try_catch(isolate_);
    slot_->Begin(isolate_, budget_ns, Now());
    v8::Local<v8::String> text;
    v8::Local<v8::Script> script;
    bool compiled = v8::String::NewFromUtf8(isolate_, source.c_str()).ToLocal(&text) &&
                    v8::Script::Compile(context, text).ToLocal(&script);
    if (compiled) (void)script->Run(context);
    bool terminated = slot_->End();
    cut_short_ = slot_->TakeCutShort();
    isolate_->CancelTerminateExecution();
    return terminated;
  }

  Watchdog watchdog_;
  std::unique_ptr<v8::ArrayBuffer::Allocator> allocator_;
  v8::Isolate* isolate_ = nullptr;
  Watchdog::Slot* slot_ = nullptr;
  bool prepared_ = false;
  bool cut_short_ = false;  // the last run
};

TEST_F(WatchdogTest, EndsAnEndlessLoop) {
  EXPECT_TRUE(Run("for (;;) {}", 5 * kMs));
  EXPECT_TRUE(Run("for (;;) {}", 20 * kMs));
}

TEST_F(WatchdogTest, EndsABacktrackingRegularExpression) {
  EXPECT_TRUE(Run("/^(a+)+$/.test('a'.repeat(40) + 'b')", 20 * kMs));
}

TEST_F(WatchdogTest, KnowsThisV8) { EXPECT_TRUE(prepared_); }

// Turns of a loop that are a long built-in function each.
TEST_F(WatchdogTest, EndsALoopOfLongFunctions) {
  EXPECT_TRUE(Run("for (;;) encodeURIComponent('ä'.repeat(1e6))", 5 * kMs));
  EXPECT_TRUE(Run("const s = 'ä'.repeat(1e6); for (;;) s.indexOf('x')", 5 * kMs));
  EXPECT_TRUE(Run("const a = new Float64Array(1e6); for (;;) a.indexOf(1)", 5 * kMs));
  EXPECT_TRUE(Run("const s = 'ab'.repeat(1e6); for (;;) s.normalize()", 5 * kMs));
  EXPECT_TRUE(Run("const a = 'x'.repeat(1e6) + 'a', b = 'x'.repeat(1e6) + 'a'; b[0]; a[0]; for (;;) a === b", 5 * kMs));
}

// Too large to be optimised: V8 lets it loop a billion times before it looks.
TEST_F(WatchdogTest, EndsALoopInALargeFunction) {
  std::string filler;
  for (int i = 0; i < 20'000; ++i) filler += "x += x * 3;";
  EXPECT_TRUE(Run("let x = 1; for (;;) { if (x === undefined) { " + filler + " } }", 5 * kMs));
  EXPECT_TRUE(Run("(() => { let x = 1; for (;;) { if (x === undefined) { " + filler + " } 'aaa'.indexOf('b'); } })()",
                  5 * kMs));
}

// No loop, no call of a JavaScript function: nothing that looks.
TEST_F(WatchdogTest, EndsALongRowOfStatements) {
  std::string statements = "const s = 'ä'.repeat(1e6);";
  for (int i = 0; i < 20'000; ++i) statements += "encodeURIComponent(s);";
  EXPECT_TRUE(Run(statements, 5 * kMs));
}

// Only built-in functions, called by one another.
TEST_F(WatchdogTest, EndsBuiltinsThatCallBuiltins) {
  EXPECT_TRUE(
      Run("const a = new Array(1e5).fill(1), f = [].forEach;"
          "a.forEach(f.bind(a, f.bind(a, f.bind(a, Boolean))))",
          5 * kMs));
  EXPECT_TRUE(
      Run("const a = new Array(1e5).fill([].forEach), b = new Array(1e5).fill(Boolean); a.forEach(a[0], b)", 5 * kMs));
  EXPECT_TRUE(Run("[].find.call({ length: 2 ** 53 - 1 }, Boolean)", 5 * kMs));
  EXPECT_TRUE(Run("new Set({ [Symbol.iterator]: () => ({ next: Object }) })", 5 * kMs));
  EXPECT_TRUE(Run("new Map({ [Symbol.iterator]: () => ({ next: Object.bind(null, { value: [1, 2] }) }) })", 5 * kMs));
  EXPECT_FALSE(cut_short_);
}

// A built-in function that calls nothing.
TEST_F(WatchdogTest, CutsShortWhatNeverReturns) {
  EXPECT_TRUE(Run("new Array(2 ** 32 - 1).forEach(Boolean)", 5 * kMs));
  EXPECT_TRUE(cut_short_);
}

// An exception of its own is on its way, or is caught, when the end comes.
TEST_F(WatchdogTest, EndsLoopsThatThrow) {
  EXPECT_TRUE(Run("for (;;) { try { decodeURIComponent('%'); } catch {} }", 5 * kMs));
  EXPECT_TRUE(
      Run("for (;;) { try { decodeURIComponent('ä'.repeat(1e6) + '%'); } catch {} finally { continue; } }", 5 * kMs));
}

TEST_F(WatchdogTest, IsAsGoodAsNewAfterwards) {
  for (int i = 0; i < 30; ++i) {
    EXPECT_TRUE(Run("const s = 'ä'.repeat(1e5); for (;;) encodeURIComponent(s)", 1 * kMs));
    EXPECT_TRUE(
        Run("const a = new Array(1e5).fill(1), f = [].forEach; a.forEach(f.bind(a, f.bind(a, Boolean)))", 1 * kMs));
    EXPECT_FALSE(
        Run("let n = 0; for (let i = 0; i < 1000; i++) n += encodeURIComponent('ä').length;"
            "[1, 2, 3].forEach([].forEach.bind([4], (x) => { n += x; })); if (n !== 6012) for (;;);",
            60'000 * kMs));
  }
}

TEST_F(WatchdogTest, LeavesShortTurnsAlone) {
  for (int i = 0; i < 20'000; ++i) {
    slot_->Begin(isolate_, 1 * kMs, Now());
    (void)slot_->End();  // a turn that the scheduler stretched may be ended: no claim about that
  }
  EXPECT_FALSE(Run("1 + 1", 10'000 * kMs));
}

TEST_F(WatchdogTest, CountsProcessorTimeAndNotWaiting) {
  // Sleeping for ten times the budget uses none of it.
  slot_->Begin(isolate_, 20 * kMs, Now());
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
