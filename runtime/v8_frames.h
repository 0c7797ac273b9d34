// Where V8 13 keeps what preemption.h has to reach: frames on the stack, and the budgets of functions.
//
// Offsets come from the data that libnode exports for debuggers ("v8dbg_…") and from V8's public internals; nothing is
// taken for granted that `Prepare` has not seen to hold in the library that is loaded. Reading is what a profiler does:
// on the thread that runs the isolate, which may be interrupted anywhere. x86-64 only.
#ifndef RUNTIME_V8_FRAMES_H_
#define RUNTIME_V8_FRAMES_H_

#include <v8.h>

#include <cstddef>
#include <cstdint>

namespace verge::runtime {

class V8Frames {
 public:
  using Address = uintptr_t;

  // Part of a thread's stack: from its lowest word in use to its end.
  struct Stack {
    Address low = 0;
    Address end = 0;
    [[nodiscard]] bool Has(Address address) const {
      return address >= low && address + 2 * sizeof(Address) <= end && address % sizeof(Address) == 0;
    }
  };

  // Compares what is written here with the V8 that is loaded. In an isolate; once for the process. False: another V8.
  static bool Prepare(v8::Isolate* isolate, v8::Local<v8::Context> context);

  // Whether `pc` is in V8's built-in code, or in code that it made. An entry stub is neither: its frame is half built.
  static bool IsBuiltin(Address pc);
  static bool IsGenerated(Address pc);

  // The frame through which JavaScript last called C++, 0 outside of such a call.
  static Address ExitFrame(v8::Isolate* isolate);
  // The caller's frame while a built-in function is in a C function that it called without an exit frame; 0 otherwise.
  static Address FastCallFrame(v8::Isolate* isolate);

  // Where the C++ function below an exit frame has its return address; 0 when the frame is not complete.
  static Address* ReturnAddressBelow(Address exit_frame, const Stack& stack);

  // Lets the functions of the frames from `frame` up to the last entry into JavaScript run out of their budgets.
  static void SpendBudgets(Address frame, const Stack& stack);

  // Whether the code that is interrupted has set up its frame, or is in that of its caller.
  static bool IsComplete(Address frame, const Stack& stack);

  // The context of the first JavaScript function from `frame` on, 0 without one. A tagged pointer.
  static Address ContextOf(Address frame, const Stack& stack);

  // Where the built-in code that has `frame` keeps its return address, provided that built-in code called it; null
  // otherwise.
  static Address* ReturnAddressOf(Address frame, const Stack& stack);
  // The same for built-in code that is interrupted, has no frame, and has pushed nothing; null when that is not so.
  static Address* LastReturnAddress(const Stack& stack);

  // The end of the calling thread's stack; 0 when it is not known.
  static Address StackEnd();

  // V8's stub for calls of C++ from built-in code ("CEntry"), 0 when it was not found.
  static Address c_entry();
  // Of a call's return address in such a stub: where the value that stands for "there is an exception" is found,
  // relative to the root register. 0: it is no such stub.
  static ptrdiff_t ExceptionMarkerOffset(Address return_address);
  static ptrdiff_t c_entry_exception_marker_offset();
};

}  // namespace verge::runtime

#endif  // RUNTIME_V8_FRAMES_H_
