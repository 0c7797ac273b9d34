#include "runtime/watchdog.h"

#include <gtest/gtest.h>
#include <time.h>
#include <v8.h>

#include <memory>
#include <string>

#include "runtime/detour.h"
#include "runtime/platform.h"
#include "runtime/preemption.h"

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
    v8::HandleScope scope(isolate_);
    v8::Local<v8::Context> context = v8::Context::New(isolate_);
    v8::Context::Scope context_scope(context);
    prepared_ = Preemption::Prepare(isolate_, context) && Detour::Install(isolate_, context);
  }
  ~WatchdogTest() override {
    watchdog_.Release(slot_);
    Detour::Remove(isolate_);
    isolate_->Exit();
    isolate_->Dispose();
  }

  // Runs `source` with a budget. True: it was terminated.
  bool Run(const std::string& source, int64_t budget_ns) {
    v8::HandleScope scope(isolate_);
    v8::Local<v8::Context> context = v8::Context::New(isolate_);
    v8::Context::Scope context_scope(context);
    v8::TryCatch try_catch(isolate_);
    Preemption::NoteBegin();
    slot_->Begin(isolate_, budget_ns);
    v8::Local<v8::String> text;
    v8::Local<v8::Script> script;
    bool compiled = v8::String::NewFromUtf8(isolate_, source.c_str()).ToLocal(&text) &&
                    v8::Script::Compile(context, text).ToLocal(&script);
    if (compiled) (void)script->Run(context);
    isolate_->PerformMicrotaskCheckpoint();
    bool terminated = slot_->End();
    Preemption::Withdraw();
    isolate_->CancelTerminateExecution();
    return terminated;
  }

  Watchdog watchdog_;
  std::unique_ptr<v8::ArrayBuffer::Allocator> allocator_;
  v8::Isolate* isolate_ = nullptr;
  Watchdog::Slot* slot_ = nullptr;
  bool prepared_ = false;
};

TEST_F(WatchdogTest, EndsAnEndlessLoop) {
  EXPECT_TRUE(Run("for (;;) {}", 5 * kMs));
  EXPECT_TRUE(Run("for (;;) {}", 20 * kMs));
}

TEST_F(WatchdogTest, EndsABacktrackingRegularExpression) {
  EXPECT_TRUE(Run("/^(a+)+$/.test('a'.repeat(40) + 'b')", 20 * kMs));
}

TEST_F(WatchdogTest, KnowsThisV8) { EXPECT_TRUE(prepared_); }

// Turns of a loop that are a long built-in function each: in C++, in C++ without a frame of its own, in V8's own code.
TEST_F(WatchdogTest, EndsALoopAroundLongFunctions) {
  EXPECT_TRUE(Run("for (;;) encodeURIComponent('ä'.repeat(1e5))", 5 * kMs));
  EXPECT_TRUE(Run("const s = 'ä'.repeat(1e6); for (;;) s.indexOf('x')", 5 * kMs));
  EXPECT_TRUE(Run("const a = new Float64Array(1e6); for (;;) a.indexOf(1)", 5 * kMs));
  EXPECT_TRUE(Run("const a = new Array(1e5).fill({}); for (;;) a.includes(1)", 5 * kMs));
  EXPECT_TRUE(Run("const s = 'ab'.repeat(1e5); for (;;) s.normalize()", 5 * kMs));
  EXPECT_TRUE(Run("const a = 'x'.repeat(1e6) + 'a', b = 'x'.repeat(1e6) + 'a'; b[0]; a[0]; for (;;) a === b", 5 * kMs));
}

// The same where the loop is in a function that was compiled before, by each of V8's compilers.
TEST_F(WatchdogTest, EndsACompiledLoopAroundLongFunctions) {
  const std::string loop =
      "const g = (s) => encodeURIComponent(s);"
      "function f(s, n) { for (let i = 0; i < n; i++) g(s); }"
      "const s = 'ä'.repeat(1e5);";
  for (const char* turns : {"0", "10", "100", "1000", "10000"}) {
    EXPECT_TRUE(Run(loop + "for (let i = 0; i < " + turns + "; i++) f('a', 20); for (;;) f(s, 1e9);", 5 * kMs));
  }
}

// Small loops in functions so large that their budgets last: the second one is too large to be optimised at all.
TEST_F(WatchdogTest, EndsALoopInALargeFunction) {
  for (int size : {2000, 20'000}) {
    std::string filler;
    for (int i = 0; i < size; ++i) filler += "x += x * 3;";
    const std::string begin = "(() => { const s = 'ä'.repeat(1e5); let x = 1; if (x === undefined) { " + filler + " }";
    EXPECT_TRUE(Run(begin + "for (;;) encodeURIComponent(s); })()", 5 * kMs));
    EXPECT_TRUE(Run(begin + "for (;;) { try { encodeURIComponent(s); } finally { continue; } } })()", 5 * kMs));
    EXPECT_TRUE(Run(begin + "for (;;) { let n = 1e6; while (n-- > 0) x = ~x; } })()", 5 * kMs));
  }
}

// Loops that collect garbage all the time: the stack is not to be looked at then.
TEST_F(WatchdogTest, EndsALoopThatAllocates) {
  EXPECT_TRUE(Run("for (;;) JSON.parse('[' + '{},'.repeat(1e4) + '1]')", 20 * kMs));
  EXPECT_TRUE(Run("let a; for (;;) { a = new Array(1e5).fill({}); structured = a.map((x) => ({ x })); }", 20 * kMs));
  EXPECT_TRUE(
      Run("let a = []; for (;;) { a.push('x'.repeat(100) + a.length); if (a.length > 1e4) a = []; }", 20 * kMs));
}

TEST_F(WatchdogTest, EndsDeepRecursionAroundLongFunctions) {
  EXPECT_TRUE(
      Run("const s = 'ä'.repeat(1e4); const f = () => { encodeURIComponent(s); f(); }; for (;;) try { f(); } catch {}",
          20 * kMs));
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
  EXPECT_TRUE(Run("Iterator.prototype.find.call({ next: Object }, Boolean)", 5 * kMs));
  EXPECT_TRUE(Run("Iterator.prototype.drop.call({ next: Object }, 2 ** 53 - 1).next()", 5 * kMs));
  EXPECT_TRUE(
      Run("new Array(1e6).fill('ä'.repeat(50)).forEach([].map.bind(new Array(1e6).fill('a'), escape))", 5 * kMs));
}

// A chain of reactions that are built-in functions.
TEST_F(WatchdogTest, EndsAFloodOfBuiltinMicrotasks) {
  const char kFlood[] =
      "const args = [], p = Promise.resolve();"
      "const f = Reflect.apply.bind(null, Promise.prototype.then, p, args); args.push(f); p.then(f);";
  EXPECT_TRUE(Run(kFlood, 5 * kMs));
}

// A turn that its own thread has terminated ends as well.
TEST_F(WatchdogTest, EndsWhatHasExpired) {
  v8::HandleScope scope(isolate_);
  v8::Local<v8::Context> context = v8::Context::New(isolate_);
  v8::Context::Scope context_scope(context);
  v8::Local<v8::Function> expire;
  ASSERT_TRUE(v8::Function::New(context, [](const v8::FunctionCallbackInfo<v8::Value>& info) {
                info.GetIsolate()->TerminateExecution();
                Preemption::NoteExpired();
              }).ToLocal(&expire));
  ASSERT_TRUE(
      context->Global()->Set(context, v8::String::NewFromUtf8Literal(isolate_, "expire"), expire).FromMaybe(false));
  v8::Local<v8::String> source = v8::String::NewFromUtf8Literal(
      isolate_, "const s = 'x'.repeat(1e6) + '%'; for (;;) { encodeURIComponent(s); expire(); }");
  v8::Local<v8::Script> script;
  ASSERT_TRUE(v8::Script::Compile(context, source).ToLocal(&script));
  Preemption::NoteBegin();
  slot_->Begin(isolate_, INT64_MAX);
  EXPECT_TRUE(script->Run(context).IsEmpty());
  (void)slot_->End();
  Preemption::Withdraw();
  isolate_->CancelTerminateExecution();
}

TEST_F(WatchdogTest, IsAsGoodAsNewAfterwards) {
  for (int i = 0; i < 30; ++i) {
    EXPECT_TRUE(Run("const s = 'ä'.repeat(1e4); for (;;) encodeURIComponent(s)", 1 * kMs));
    EXPECT_TRUE(
        Run("const a = new Array(1e5).fill(1), f = [].forEach; a.forEach(f.bind(a, f.bind(a, Boolean)))", 1 * kMs));
    EXPECT_FALSE(
        Run("let n = 0; for (let i = 0; i < 1000; i++) n += encodeURIComponent('ä').length;"
            "[1, 2, 3].forEach([].forEach.bind([4], (x) => { n += x; })); if (n !== 6012) for (;;);",
            600'000 * kMs));
  }
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
