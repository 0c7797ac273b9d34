// Makes JavaScript that has been terminated notice it where V8 does not look by itself.
//
// TerminateExecution leaves a request that running code finds when it looks for one. Optimised loops and the entry of
// every function look; other loops only when their function's interrupt budget is spent, which a loop around a built-in
// function that takes long (encodeURIComponent of ten million characters) may not see for hours. So the watchdog
// interrupts the thread with a signal, whose handler spends the budgets of the functions on the stack
// (interrupt_budget.h): their loops look at their next turn.
//
// Built-in functions that call only each other (`new Set({ [Symbol.iterator]: () => ({ next: Object }) })` never ends)
// have no budget. When that was in vain for a while, the handler lets the built-in code run instruction by instruction
// up to its next call of a function (detour.h), and has it call one that does look.
#ifndef RUNTIME_PREEMPTION_H_
#define RUNTIME_PREEMPTION_H_

#include <pthread.h>
#include <signal.h>
#include <v8.h>

#include <atomic>
#include <cstdint>

namespace verge::runtime {

// A thread that can be preempted. Made and destroyed on it.
class Preemption {
 public:
  Preemption();
  ~Preemption();
  Preemption(const Preemption&) = delete;
  Preemption& operator=(const Preemption&) = delete;

  // Once for the process, in a new isolate in which no worker's code has run; later calls only wait for the first one
  // and give its result. False: the V8 that is loaded is not one that this knows, and requests do nothing.
  static bool Prepare(v8::Isolate* isolate, v8::Local<v8::Context> context);

  // From any other thread: JavaScript of `isolate` runs on this one, TerminateExecution was called. To be repeated
  // until that has ended: a signal may come when nothing can be done. `insist`: it was in vain for a while.
  void Request(v8::Isolate* isolate, bool insist);

  // Whether the thread itself has terminated the turn that runs on it.
  [[nodiscard]] bool expired() const { return expired_.load(std::memory_order_relaxed); }

  // --- On such a thread; on others these do nothing.
  // A turn begins.
  static void NoteBegin();
  // The running turn was terminated by its own thread, and has to be seen to its end.
  static void NoteExpired();
  // A turn that was terminated is over: no request is followed any more. Before the isolate is left.
  static void Withdraw();

 private:
  static void OnSignal(int number, siginfo_t* info, void* interrupted);
  static void OnStep(int number, siginfo_t* info, void* interrupted);

  const pthread_t thread_;
  const uintptr_t stack_end_;
  std::atomic<v8::Isolate*> wanted_{nullptr};
  std::atomic<bool> insist_{false};
  std::atomic<bool> expired_{false};
  std::atomic<bool> signalled_{false};  // and the signal has not arrived
  int steps_left_ = 0;                  // of the handlers' only
};

}  // namespace verge::runtime

#endif  // RUNTIME_PREEMPTION_H_
