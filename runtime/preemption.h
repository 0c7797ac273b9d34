// Makes V8 notice that execution is to end, also where it does not look.
//
// TerminateExecution leaves a request that running code finds when it looks for one. Optimised loops and the entry of
// every function look; but an interpreted loop looks only when the function's interrupt budget is spent, which is some
// thousand turns, or a billion for a function too large to optimise, and built-in functions do not look at all. A loop
// of which each turn is a built-in function of 100 ms (encodeURIComponent of a long string), a comparison of long
// strings in a thousand statements, or forEach in forEach with a built-in function as callback would run on for
// minutes or years. So the watchdog sends the thread a signal, whose handler, according to what it interrupted:
//
//   - spends the budgets of the functions on the stack, so that their loops look at their next turn;
//   - lets the C++ function of V8 that runs return as if it had thrown the termination;
//   - does the same to the built-in code that runs, by way of V8's own stub for calls of C++.
//
// Nothing is cut short in between: what runs comes to its end, its caller is at a call where V8 could have collected
// garbage or thrown, and the frames are unwound by V8. Return addresses are redirected in the way that V8 has for
// profilers (V8::SetReturnAddressLocationResolver).
//
// When that was in vain for a while, the built-in code that runs calls nothing and never ends: it is left where it is.
// Its isolate may be in disorder then and must not be entered again.
//
// What remains: a function of V8 in C++ that by itself runs for long. What it works on is bounded by the memory limit,
// and by bindings/web/array_likes.js.
#ifndef RUNTIME_PREEMPTION_H_
#define RUNTIME_PREEMPTION_H_

#include <v8.h>

namespace verge::runtime {

class Preemption {
 public:
  // What an isolate has for it, in a data slot of its own: the function in which an end that was asked for takes effect
  // (nothing is allocated at that time), and whether it may still be entered.
  class Landing {
   public:
    static constexpr uint32_t kIsolateSlot = 3;

    // In the isolate, before code of workers runs in it. False: the V8 that is loaded is not the one this knows (it is
    // looked at once for the process), and requests for the isolate do nothing.
    static bool Prepare(v8::Isolate* isolate, v8::Local<v8::Context> context);
    // Before the isolate is disposed of.
    static void Remove(v8::Isolate* isolate);
    // Null where nothing was prepared.
    static Landing* Of(v8::Isolate* isolate) { return static_cast<Landing*>(isolate->GetData(kIsolateSlot)); }

    // Throws the termination. In the isolate, where no exception is pending; true: now one is.
    bool Throw(v8::Isolate* isolate);

    // A turn was cut short: nothing may run in the isolate any more.
    bool abandoned = false;

   private:
    v8::Global<v8::Context> context_;
    v8::Global<v8::Function> function_;
  };

  // A thread that can be preempted. Made on it, and destroyed there.
  class Thread {
   public:
    Thread();
    ~Thread();
    Thread(const Thread&) = delete;
    Thread& operator=(const Thread&) = delete;

    // From another thread: whatever JavaScript of `isolate` runs here is to end, TerminateExecution has been called. To
    // be repeated until Withdraw: a signal may come when nothing can be done.
    void Request(v8::Isolate* isolate);
    // On the thread, after the last JavaScript of the turn. True: the isolate must not be entered again.
    bool Withdraw();

    struct State;

   private:
    State* const state_;
  };
};

}  // namespace verge::runtime

#endif  // RUNTIME_PREEMPTION_H_
