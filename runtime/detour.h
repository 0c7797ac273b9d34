// A call that V8's built-in code makes goes to a function that looks for a termination, instead of its own.
//
// V8's built-in functions are code that V8 has generated; they call functions through three stubs ("Call_Receiver…"),
// with the function in a register and its arguments on the stack. At the first instruction of such a stub the caller
// has arranged everything as for any call, the heap is in order, and whatever is called may throw. If the register is
// given another function there, a JavaScript function that does nothing but loop, V8 calls that in the regular way, and
// its entry finds the termination. Nothing else is touched: no return address, no frame, nothing on V8's heap.
//
// The stubs' addresses are those that V8 tells profilers. x86-64 only.
#ifndef RUNTIME_DETOUR_H_
#define RUNTIME_DETOUR_H_

#include <v8.h>

#include <cstdint>

namespace verge::runtime {

class Detour {
 public:
  // Finds the stubs. In an isolate, once for the process and before anything else here. False: there are none.
  static bool FindStubs(v8::Isolate* isolate);

  // Makes the function for an isolate, in which no worker's code has run. Kept in a data slot of the isolate.
  static bool Install(v8::Isolate* isolate, v8::Local<v8::Context> context);
  // Before the isolate is disposed of.
  static void Remove(v8::Isolate* isolate);

  // --- For signal handlers on the thread that runs the isolate.
  // Whether `pc` is in V8's built-in code.
  static bool IsBuiltin(uintptr_t pc);
  // Whether `pc` is the first instruction of a stub.
  static bool IsStub(uintptr_t pc);
  // The function, as the stub's register has it. 0: there is none.
  static uintptr_t Function(v8::Isolate* isolate);

 private:
  static constexpr uint32_t kIsolateSlot = 3;
};

}  // namespace verge::runtime

#endif  // RUNTIME_DETOUR_H_
