#include "runtime/v8_frames.h"

#include <pthread.h>
#include <v8-internal.h>
#include <v8-unwinder.h>

#include <array>
#include <vector>

// Exported by libnode for debuggers; weak, so that a library without them can be linked.
#define VERGE_V8DBG(name) extern "C" [[gnu::weak]] int v8dbg_##name;
VERGE_V8DBG(off_fp_context)
VERGE_V8DBG(off_fp_function)
VERGE_V8DBG(frametype_EntryFrame)
VERGE_V8DBG(frametype_ConstructEntryFrame)
VERGE_V8DBG(frametype_ExitFrame)
VERGE_V8DBG(FirstJSFunctionType)
VERGE_V8DBG(LastJSFunctionType)
VERGE_V8DBG(class_Map__instance_type__uint16_t)
VERGE_V8DBG(class_JSFunction__shared__SharedFunctionInfo)
VERGE_V8DBG(class_JSFunction__raw_feedback_cell__Tagged_FeedbackCell_)
VERGE_V8DBG(class_SharedFunctionInfo__raw_script__Tagged_Object_)
VERGE_V8DBG(class_FeedbackCell__value__Tagged_HeapObject_)
VERGE_V8DBG(type_FeedbackCell__FEEDBACK_CELL_TYPE)
VERGE_V8DBG(type_Script__SCRIPT_TYPE)
#undef VERGE_V8DBG

namespace verge::runtime {
namespace {

using Address = V8Frames::Address;
using Internals = v8::internal::Internals;

constexpr Address kWord = sizeof(Address);
constexpr int kMaxFrames = 1000;

// Of every frame: the caller's frame, and the return address into the caller.
constexpr Address kCallerPc = kWord;
// Of an exit frame: the stack pointer with which it calls.
constexpr Address kExitFrameSp = 2 * kWord;
// How built-in code calls: the opcode, and the size with the relative address.
constexpr uint8_t kCall = 0xe8;
constexpr Address kCallSize = 5;
// A FeedbackCell ends with its value, a 32-bit handle, and the budget.
constexpr Address kBudgetBehindValue = kWord + sizeof(int32_t);

struct Layout {
  bool known = false;
  Address function = 0;  // below a frame's pointer
  Address context = 0;
  Address entry_marker = 0;
  Address construct_entry_marker = 0;
  Address exit_marker = 0;
  uint16_t first_function_type = 0;
  uint16_t last_function_type = 0;
  uint16_t cell_type = 0;
  uint16_t script_type = 0;
  Address instance_type = 0;
  Address shared = 0;
  Address cell = 0;
  Address script = 0;
  Address budget = 0;
  v8::MemoryRange builtins;
  v8::MemoryRange code;
  std::array<v8::MemoryRange, 3> entries;
  Address c_entry = 0;
  ptrdiff_t marker_offset = 0;
};

// Written once, before the first worker's code runs; read in signal handlers.
constinit Layout g_layout;

// Of other people's frames and objects: a sanitizer has no notion of them.
#define VERGE_UNCHECKED [[clang::no_sanitize("address", "thread", "undefined")]]

template <typename T>
VERGE_UNCHECKED T Read(Address address) {
  T value;
  __builtin_memcpy(&value, reinterpret_cast<const void*>(address), sizeof(value));
  return value;
}

template <typename T>
VERGE_UNCHECKED void Write(Address address, T value) {
  __builtin_memcpy(reinterpret_cast<void*>(address), &value, sizeof(value));
}

bool Contains(const v8::MemoryRange& range, Address address) {
  auto start = reinterpret_cast<Address>(range.start);
  return address >= start && address - start < range.length_in_bytes;
}

bool IsEntryStub(Address pc) {
  for (const v8::MemoryRange& each : g_layout.entries) {
    if (Contains(each, pc)) return true;
  }
  return false;
}

// A tagged pointer to an object of V8's heap has its lowest bit set; frame types and small integers have not.
bool IsTagged(Address value) { return (value & 1) != 0; }

template <typename T>
T Field(Address tagged, Address offset) {
  return Read<T>(tagged - 1 + offset);
}

uint16_t TypeOf(Address tagged) { return Field<uint16_t>(Field<Address>(tagged, 0), g_layout.instance_type); }

bool IsFunction(Address value) {
  if (!IsTagged(value)) return false;
  uint16_t type = TypeOf(value);
  return type >= g_layout.first_function_type && type <= g_layout.last_function_type;
}

// Where a function has its budget: 0 when it has none of its own, as V8's built-in functions.
Address BudgetOf(Address function) {
  Address shared = Field<Address>(function, g_layout.shared);
  Address script = Field<Address>(shared, g_layout.script);
  if (!IsTagged(script) || TypeOf(script) != g_layout.script_type) return 0;
  Address cell = Field<Address>(function, g_layout.cell);
  if (!IsTagged(cell) || TypeOf(cell) != g_layout.cell_type) return 0;
  return cell - 1 + g_layout.budget;
}

bool IsEntryFrame(Address marker) {
  return marker == g_layout.entry_marker || marker == g_layout.construct_entry_marker;
}

// The frames from `frame` on, until `visit` returns true, or up to the last entry into JavaScript.
template <typename Visit>
void Walk(Address frame, const V8Frames::Stack& stack, Visit visit) {
  for (int i = 0; i < kMaxFrames && stack.Has(frame); ++i) {
    // Words below the stack pointer are not the frame's yet.
    if (stack.Has(frame - g_layout.function)) {
      Address context = Read<Address>(frame - g_layout.context);
      Address function = Read<Address>(frame - g_layout.function);
      if (!IsTagged(context)) {
        if (IsEntryFrame(context)) return;
      } else if (IsFunction(function) && visit(context, function)) {
        return;
      }
    }
    Address caller = Read<Address>(frame);
    if (caller <= frame) return;
    frame = caller;
  }
}

V8Frames::Stack CurrentStack() { return {reinterpret_cast<Address>(__builtin_frame_address(0)), V8Frames::StackEnd()}; }

// --- What Prepare looks at.

struct Probe {
  Address function = 0;  // the tagged pointer of the function that calls
  std::vector<int32_t> budgets;
  bool interrupted = false;
};

Probe& ProbeOf(const v8::FunctionCallbackInfo<v8::Value>& info) {
  return *static_cast<Probe*>(info.Data().As<v8::External>()->Value());
}

// probe(f), called by f: notes what is left of f's budget.
void NoteBudget(const v8::FunctionCallbackInfo<v8::Value>& info) {
  Probe& probe = ProbeOf(info);
  const V8Frames::Stack stack = CurrentStack();
  const Address expected = v8::internal::ValueHelper::ValueAsAddress(*info[0]);
  Walk(V8Frames::ExitFrame(info.GetIsolate()), stack, [&](Address, Address function) {
    if (function != expected) return true;
    if (Address budget = BudgetOf(function)) probe.budgets.push_back(Read<int32_t>(budget));
    return true;
  });
}

void RequestInterrupt(const v8::FunctionCallbackInfo<v8::Value>& info) {
  Probe& probe = ProbeOf(info);
  info.GetIsolate()->RequestInterrupt(
      [](v8::Isolate* isolate, void* data) {
        static_cast<Probe*>(data)->interrupted = true;
        // V8 is in its function for interrupts now, which built-in code has called: the call's target is the stub.
        const V8Frames::Stack stack = CurrentStack();
        const Address frame = V8Frames::ExitFrame(isolate);
        Address* location = V8Frames::ReturnAddressBelow(frame, stack);
        if (!location || Read<Address>(frame - g_layout.context) != g_layout.exit_marker) return;
        const Address called_from = Read<Address>(frame + kCallerPc);
        if (!V8Frames::IsBuiltin(called_from) || Read<uint8_t>(called_from - kCallSize) != kCall) return;
        const Address target = called_from + static_cast<Address>(int64_t{Read<int32_t>(called_from - 4)});
        constexpr Address kLongestStub = 1024;
        if (!V8Frames::IsBuiltin(target) || *location <= target || *location - target > kLongestStub) return;
        g_layout.marker_offset = V8Frames::ExceptionMarkerOffset(*location);
        if (g_layout.marker_offset != 0) g_layout.c_entry = target;
      },
      &probe);
  V8Frames::SpendBudgets(V8Frames::ExitFrame(info.GetIsolate()), CurrentStack());
}

void WasInterrupted(const v8::FunctionCallbackInfo<v8::Value>& info) {
  info.GetReturnValue().Set(ProbeOf(info).interrupted);
}

constexpr char kProbes[] = R"((note, interrupt, interrupted) => {
  const budgets = (f) => {
    note(f);
    for (let i = 0; i < 2; ++i);
    note(f);
    for (let i = 0; i < 6; ++i);
    note(f);
  };
  budgets(budgets);
  const enough = (f) => {
    interrupt(f);
    for (let i = 0; i < 2; ++i);
    return interrupted(f);
  };
  return enough(enough);
})";

bool Try(v8::Isolate* isolate, v8::Local<v8::Context> context) {
  v8::TryCatch try_catch(isolate);
  Probe probe;
  v8::Local<v8::External> data = v8::External::New(isolate, &probe);
  v8::Local<v8::Function> functions[3];
  v8::Local<v8::Script> script;
  v8::Local<v8::Value> probes;
  v8::Local<v8::Value> result;
  if (!v8::Function::New(context, NoteBudget, data).ToLocal(&functions[0]) ||
      !v8::Function::New(context, RequestInterrupt, data).ToLocal(&functions[1]) ||
      !v8::Function::New(context, WasInterrupted, data).ToLocal(&functions[2]) ||
      !v8::Script::Compile(context, v8::String::NewFromUtf8Literal(isolate, kProbes)).ToLocal(&script) ||
      !script->Run(context).ToLocal(&probes) || !probes->IsFunction()) {
    return false;
  }
  v8::Local<v8::Value> arguments[] = {functions[0], functions[1], functions[2]};
  if (!probes.As<v8::Function>()->Call(context, v8::Undefined(isolate), 3, arguments).ToLocal(&result)) return false;
  // Three times as many turns of a loop cost three times as much.
  const std::vector<int32_t>& budgets = probe.budgets;
  return result->IsTrue() && budgets.size() == 3 && budgets[0] > budgets[1] && budgets[1] > budgets[2] &&
         budgets[1] - budgets[2] > 2 * (budgets[0] - budgets[1]);
}

}  // namespace

bool V8Frames::Prepare(v8::Isolate* isolate, v8::Local<v8::Context> context) {
#if defined(__x86_64__)
  // V8_MAJOR_VERSION alone says nothing of how it was built: that is what the tries are for.
  if (!&v8dbg_off_fp_context || !&v8dbg_off_fp_function || !&v8dbg_frametype_EntryFrame ||
      !&v8dbg_frametype_ConstructEntryFrame || !&v8dbg_frametype_ExitFrame || !&v8dbg_FirstJSFunctionType ||
      !&v8dbg_LastJSFunctionType || !&v8dbg_class_Map__instance_type__uint16_t ||
      !&v8dbg_class_JSFunction__shared__SharedFunctionInfo ||
      !&v8dbg_class_JSFunction__raw_feedback_cell__Tagged_FeedbackCell_ ||
      !&v8dbg_class_SharedFunctionInfo__raw_script__Tagged_Object_ ||
      !&v8dbg_class_FeedbackCell__value__Tagged_HeapObject_ || !&v8dbg_type_FeedbackCell__FEEDBACK_CELL_TYPE ||
      !&v8dbg_type_Script__SCRIPT_TYPE) {
    return false;
  }
  Layout& layout = g_layout;
  layout.context = static_cast<Address>(-v8dbg_off_fp_context);
  layout.function = static_cast<Address>(-v8dbg_off_fp_function);
  layout.entry_marker = static_cast<Address>(v8dbg_frametype_EntryFrame) << 1;
  layout.construct_entry_marker = static_cast<Address>(v8dbg_frametype_ConstructEntryFrame) << 1;
  layout.exit_marker = static_cast<Address>(v8dbg_frametype_ExitFrame) << 1;
  layout.first_function_type = static_cast<uint16_t>(v8dbg_FirstJSFunctionType);
  layout.last_function_type = static_cast<uint16_t>(v8dbg_LastJSFunctionType);
  layout.cell_type = static_cast<uint16_t>(v8dbg_type_FeedbackCell__FEEDBACK_CELL_TYPE);
  layout.script_type = static_cast<uint16_t>(v8dbg_type_Script__SCRIPT_TYPE);
  layout.instance_type = static_cast<Address>(v8dbg_class_Map__instance_type__uint16_t);
  layout.shared = static_cast<Address>(v8dbg_class_JSFunction__shared__SharedFunctionInfo);
  layout.cell = static_cast<Address>(v8dbg_class_JSFunction__raw_feedback_cell__Tagged_FeedbackCell_);
  layout.script = static_cast<Address>(v8dbg_class_SharedFunctionInfo__raw_script__Tagged_Object_);
  layout.budget = static_cast<Address>(v8dbg_class_FeedbackCell__value__Tagged_HeapObject_) + kBudgetBehindValue;
  isolate->GetEmbeddedCodeRange(&layout.builtins.start, &layout.builtins.length_in_bytes);
  void* start = nullptr;
  isolate->GetCodeRange(&start, &layout.code.length_in_bytes);
  layout.code.start = start;
  const v8::JSEntryStubs stubs = isolate->GetJSEntryStubs();
  layout.entries = {stubs.js_entry_stub.code, stubs.js_construct_entry_stub.code,
                    stubs.js_run_microtasks_entry_stub.code};
  layout.known = Try(isolate, context);
  return layout.known;
#else
  (void)isolate;
  (void)context;
  return false;
#endif
}

bool V8Frames::IsBuiltin(Address pc) { return Contains(g_layout.builtins, pc) && !IsEntryStub(pc); }

bool V8Frames::IsGenerated(Address pc) { return Contains(g_layout.code, pc) || IsBuiltin(pc); }

Address V8Frames::ExitFrame(v8::Isolate* isolate) {
  // The first field of ThreadLocalTop.
  return Read<Address>(reinterpret_cast<Address>(isolate) + Internals::kIsolateThreadLocalTopOffset);
}

Address V8Frames::FastCallFrame(v8::Isolate* isolate) {
  return Read<Address>(reinterpret_cast<Address>(isolate) + Internals::kIsolateFastCCallCallerFpOffset);
}

Address* V8Frames::ReturnAddressBelow(Address exit_frame, const Stack& stack) {
  if (!stack.Has(exit_frame) || !stack.Has(exit_frame - kExitFrameSp)) return nullptr;
  if (IsTagged(Read<Address>(exit_frame - kWord))) return nullptr;
  const Address sp = Read<Address>(exit_frame - kExitFrameSp);
  if (!stack.Has(sp) || !stack.Has(sp - kWord) || sp >= exit_frame) return nullptr;
  return reinterpret_cast<Address*>(sp - kWord);
}

void V8Frames::SpendBudgets(Address frame, const Stack& stack) {
  Walk(frame, stack, [](Address, Address function) {
    if (Address budget = BudgetOf(function)) {
      Write<int32_t>(budget, 0);
    }
    return false;
  });
}

Address V8Frames::ContextOf(Address frame, const Stack& stack) {
  Address found = 0;
  Walk(frame, stack, [&](Address context, Address) {
    found = context;
    return true;
  });
  return found;
}

bool V8Frames::IsComplete(Address frame, const Stack& stack) {
  return stack.Has(frame) && stack.Has(frame - g_layout.context) &&
         !IsEntryFrame(Read<Address>(frame - g_layout.context));
}

Address* V8Frames::LastReturnAddress(const Stack& stack) {
  auto* last_pushed = reinterpret_cast<Address*>(stack.low);
  const auto called_from = Read<Address>(stack.low);
  return IsBuiltin(called_from) && Read<uint8_t>(called_from - kCallSize) == kCall ? last_pushed : nullptr;
}

Address* V8Frames::ReturnAddressOf(Address frame, const Stack& stack) {
  if (!IsComplete(frame, stack)) return nullptr;
  auto* location = reinterpret_cast<Address*>(frame + kCallerPc);
  return IsBuiltin(Read<Address>(frame + kCallerPc)) ? location : nullptr;
}

Address V8Frames::StackEnd() {
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return 0;
  void* start = nullptr;
  size_t size = 0;
  if (pthread_attr_getstack(&attributes, &start, &size) != 0) size = 0;
  pthread_attr_destroy(&attributes);
  return size == 0 ? 0 : reinterpret_cast<Address>(start) + size;
}

Address V8Frames::c_entry() { return g_layout.c_entry; }

ptrdiff_t V8Frames::c_entry_exception_marker_offset() { return g_layout.marker_offset; }

ptrdiff_t V8Frames::ExceptionMarkerOffset(Address return_address) {
  // cmp rax, [r13 + offset], in one of two encodings, is what such a stub does first.
  if (Read<uint8_t>(return_address) != 0x49 || Read<uint8_t>(return_address + 1) != 0x3b) return 0;
  switch (Read<uint8_t>(return_address + 2)) {
    case 0x45:
      return Read<int8_t>(return_address + 3);
    case 0x85:
      return Read<int32_t>(return_address + 3);
    default:
      return 0;
  }
}

}  // namespace verge::runtime
