// Where V8 13 keeps the interrupt budgets of JavaScript functions, and how they are spent from outside.
//
// A loop that is not optimised looks for a termination only when its function's budget is spent: after some thousand
// turns, or a billion when the function is too large for the optimising compilers. Each turn counts by its bytecode,
// not by its time. Spent from outside, the budget makes the loop look at its next turn, which is all that is done here:
// one integer in the FeedbackCell of each function on the stack becomes 0. V8 does the same by itself, only later.
//
// This has to know where frames, functions and cells have their parts. The offsets are those that libnode exports for
// debuggers ("v8dbg_…"), and `Prepare` tries them out on functions made for it: with a V8 for which they do not hold,
// nothing is touched. x86-64 only.
//
// `Spend` is for a signal handler on the thread that runs the isolate, interrupted anywhere. It reads no address of
// which the kernel has not said that it can be read, writes only into what has shown itself to be a cell in use, calls
// nothing that allocates or locks.
#ifndef RUNTIME_INTERRUPT_BUDGET_H_
#define RUNTIME_INTERRUPT_BUDGET_H_

#include <v8.h>

#include <cstdint>

namespace verge::runtime {

class InterruptBudget {
 public:
  struct Registers {
    uintptr_t pc = 0;
    uintptr_t fp = 0;
    uintptr_t sp = 0;
  };

  // Compares what is written here with the V8 that is loaded. In the context of an isolate in which no worker's code
  // has run, once for the process and before the first Spend. False: another V8.
  static bool Prepare(v8::Isolate* isolate, v8::Local<v8::Context> context);

  // Lets the functions run out of their budgets that are on the stack of the isolate's innermost JavaScript.
  // `stack_end`: of the thread, as StackEnd has it.
  static void Spend(v8::Isolate* isolate, const Registers& interrupted, uintptr_t stack_end);

  // The end of the calling thread's stack; 0 when it is not known.
  static uintptr_t StackEnd();
};

}  // namespace verge::runtime

#endif  // RUNTIME_INTERRUPT_BUDGET_H_
