#include "runtime/interrupt_budget.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <v8-internal.h>
#include <v8-unwinder.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <vector>

// Weak, so that a library without them can be linked.
#define VERGE_V8DBG(name) extern "C" [[gnu::weak]] int v8dbg_##name;
VERGE_V8DBG(off_fp_context)
VERGE_V8DBG(off_fp_function)
VERGE_V8DBG(frametype_EntryFrame)
VERGE_V8DBG(frametype_ConstructEntryFrame)
VERGE_V8DBG(FirstJSFunctionType)
VERGE_V8DBG(LastJSFunctionType)
VERGE_V8DBG(class_Map__instance_type__uint16_t)
VERGE_V8DBG(class_JSFunction__shared__SharedFunctionInfo)
VERGE_V8DBG(class_JSFunction__raw_feedback_cell__Tagged_FeedbackCell_)
VERGE_V8DBG(class_SharedFunctionInfo__raw_script__Tagged_Object_)
VERGE_V8DBG(class_FeedbackCell__value__Tagged_HeapObject_)
VERGE_V8DBG(type_Map__MAP_TYPE)
VERGE_V8DBG(type_Script__SCRIPT_TYPE)
VERGE_V8DBG(type_FeedbackCell__FEEDBACK_CELL_TYPE)
VERGE_V8DBG(type_FeedbackVector__FEEDBACK_VECTOR_TYPE)
VERGE_V8DBG(type_ClosureFeedbackCellArray__CLOSURE_FEEDBACK_CELL_ARRAY_TYPE)
#undef VERGE_V8DBG

namespace verge::runtime {
namespace {

using Address = uintptr_t;
using Internals = v8::internal::Internals;

constexpr Address kWord = sizeof(Address);
constexpr Address kPageSize = 4096;
constexpr int kMaxFrames = 200;

// A FeedbackCell ends with its value, a 32-bit handle, and the budget.
constexpr Address kBudgetBehindValue = kWord + sizeof(int32_t);

struct Layout {
  Address function = 0;  // below a frame's pointer
  Address context = 0;   // the same, of frames of JavaScript; others have their type there
  Address entry_marker = 0;
  Address construct_entry_marker = 0;
  int first_function_type = 0;
  int last_function_type = 0;
  int map_type = 0;
  int script_type = 0;
  int cell_type = 0;
  int vector_type = 0;
  int cell_array_type = 0;
  Address instance_type = 0;
  Address shared = 0;
  Address cell = 0;
  Address script = 0;
  Address value = 0;
  Address budget = 0;
  v8::MemoryRange builtins;
  std::array<v8::MemoryRange, 3> entries;
};

// Written once, before the first worker's code runs; read in signal handlers.
constinit Layout g_layout;

bool Contains(const v8::MemoryRange& range, Address address) {
  auto start = reinterpret_cast<Address>(range.start);
  return address >= start && address - start < range.length_in_bytes;
}

// Reads addresses that may be anything.
class Reader {
 public:
  explicit Reader(Address stack_low, Address stack_end) : stack_low_(stack_low), stack_end_(stack_end) {}

  [[nodiscard]] bool InStack(Address address) const {
    return address >= stack_low_ && address < stack_end_ && stack_end_ - address >= kWord && address % kWord == 0;
  }

  // 0 where there is nothing to read.
  Address Word(Address address) { return address % kWord == 0 && CanRead(address) ? Load<Address>(address) : 0; }

  // A field of an object of V8's heap, which a tagged pointer points to.
  Address Field(Address tagged, Address offset) { return tagged % kWord == kTag ? Word(tagged - kTag + offset) : 0; }

  // -1: not an object.
  int Type(Address tagged) {
    Address map = Field(tagged, 0);
    if (TypeByMap(Field(map, 0)) != g_layout.map_type) return -1;
    return TypeByMap(map);
  }

  // Of other people's frames and objects a sanitizer has no notion.
  template <typename T>
  [[clang::no_sanitize("address", "thread", "undefined")]] static T Load(Address address) {
    T value;
    __builtin_memcpy(&value, reinterpret_cast<const void*>(address), sizeof(value));
    return value;
  }

  static constexpr Address kTag = 1;

 private:
  int TypeByMap(Address map) {
    Address at = map - kTag + g_layout.instance_type;
    return map % kWord == kTag && CanRead(at) ? Load<uint16_t>(at) : -1;
  }

  bool CanRead(Address address) {
    if (InStack(address)) return true;
    Address page = address / kPageSize;
    Address& known = known_[page % known_.size()];
    if (known == page) return page != 0;
    // The kernel reads the mask before it looks at what is to be done with it, which is nothing it knows.
    int saved_errno = errno;
    long result = syscall(SYS_rt_sigprocmask, ~0, page * kPageSize, nullptr, kWord);
    bool readable = result == -1 && errno == EINVAL;
    errno = saved_errno;
    if (readable) known = page;
    return readable && page != 0;
  }

  Address stack_low_;
  Address stack_end_;
  std::array<Address, 64> known_{};  // pages that can be read
};

bool IsEntryFrame(Address marker) {
  return marker == g_layout.entry_marker || marker == g_layout.construct_entry_marker;
}

// Where a function has its budget; 0 when it has none of its own, as V8's built-in functions.
Address BudgetOf(Reader& reader, Address function) {
  int type = reader.Type(function);
  if (type < g_layout.first_function_type || type > g_layout.last_function_type) return 0;
  Address shared = reader.Field(function, g_layout.shared);
  if (reader.Type(reader.Field(shared, g_layout.script)) != g_layout.script_type) return 0;
  Address cell = reader.Field(function, g_layout.cell);
  if (reader.Type(cell) != g_layout.cell_type) return 0;
  // The cell that functions share before they first run cannot be written to, and has no value.
  int value_type = reader.Type(reader.Field(cell, g_layout.value));
  if (value_type != g_layout.vector_type && value_type != g_layout.cell_array_type) return 0;
  return cell - Reader::kTag + g_layout.budget;
}

// The functions of the frames from `frame` on, until `visit` returns true, or up to the last entry into JavaScript.
template <typename Visit>
void Walk(Reader& reader, Address frame, Visit visit) {
  for (int i = 0; i < kMaxFrames && reader.InStack(frame) && reader.InStack(frame + kWord); ++i) {
    // Words below the stack pointer are not the frame's yet.
    if (reader.InStack(frame - g_layout.function)) {
      Address context = reader.Word(frame - g_layout.context);
      if (IsEntryFrame(context)) return;
      if (context % kWord == Reader::kTag && visit(reader.Word(frame - g_layout.function))) return;
    }
    Address caller = reader.Word(frame);
    if (caller <= frame) return;
    frame = caller;
  }
}

// The frame through which JavaScript last called C++, 0 outside of such a call.
Address ExitFrame(v8::Isolate* isolate) {
  // The first field of ThreadLocalTop.
  return Reader::Load<Address>(reinterpret_cast<Address>(isolate) + Internals::kIsolateThreadLocalTopOffset);
}

// The caller's frame while a built-in function is in a C function that it called without an exit frame; 0 otherwise.
Address FastCallFrame(v8::Isolate* isolate) {
  return Reader::Load<Address>(reinterpret_cast<Address>(isolate) + Internals::kIsolateFastCCallCallerFpOffset);
}

// Whether `pc` is in code that keeps V8's frames. An entry stub does not: its frame is half built.
bool IsGenerated(v8::Isolate* isolate, Address pc) {
  for (const v8::MemoryRange& each : g_layout.entries) {
    if (Contains(each, pc)) return false;
  }
  v8::MemoryRange code;
  void* start = nullptr;
  isolate->GetCodeRange(&start, &code.length_in_bytes);
  code.start = start;
  return Contains(g_layout.builtins, pc) || Contains(code, pc);
}

void SpendFrom(Reader& reader, Address frame) {
  Walk(reader, frame, [&](Address function) {
    if (Address budget = BudgetOf(reader, function)) {
      *reinterpret_cast<volatile int32_t*>(budget) = 0;
    }
    return false;
  });
}

// --- What Prepare looks at.

Reader ReaderOfCaller() {
  return Reader(reinterpret_cast<Address>(__builtin_frame_address(0)), InterruptBudget::StackEnd());
}

struct Probe {
  std::vector<int32_t> budgets;
  bool interrupted = false;
};

Probe& ProbeOf(const v8::FunctionCallbackInfo<v8::Value>& info) {
  return *static_cast<Probe*>(info.Data().As<v8::External>()->Value());
}

// note(f), called by f: notes what is left of f's budget.
void NoteBudget(const v8::FunctionCallbackInfo<v8::Value>& info) {
  Probe& probe = ProbeOf(info);
  Reader reader = ReaderOfCaller();
  const Address expected = v8::internal::ValueHelper::ValueAsAddress(*info[0]);
  Walk(reader, ExitFrame(info.GetIsolate()), [&](Address function) {
    if (function != expected) return true;
    if (Address budget = BudgetOf(reader, function)) probe.budgets.push_back(Reader::Load<int32_t>(budget));
    return true;
  });
}

void RequestInterrupt(const v8::FunctionCallbackInfo<v8::Value>& info) {
  info.GetIsolate()->RequestInterrupt([](v8::Isolate*, void* data) { static_cast<Probe*>(data)->interrupted = true; },
                                      &ProbeOf(info));
  Reader reader = ReaderOfCaller();
  SpendFrom(reader, ExitFrame(info.GetIsolate()));
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
  v8::Local<v8::Function> note;
  v8::Local<v8::Function> interrupt;
  v8::Local<v8::Function> interrupted;
  v8::Local<v8::Script> script;
  v8::Local<v8::Value> probes;
  v8::Local<v8::Value> result;
  if (!v8::Function::New(context, NoteBudget, data).ToLocal(&note) ||
      !v8::Function::New(context, RequestInterrupt, data).ToLocal(&interrupt) ||
      !v8::Function::New(context, WasInterrupted, data).ToLocal(&interrupted) ||
      !v8::Script::Compile(context, v8::String::NewFromUtf8Literal(isolate, kProbes)).ToLocal(&script) ||
      !script->Run(context).ToLocal(&probes) || !probes->IsFunction()) {
    return false;
  }
  v8::Local<v8::Value> arguments[] = {note, interrupt, interrupted};
  if (!probes.As<v8::Function>()->Call(context, v8::Undefined(isolate), 3, arguments).ToLocal(&result)) return false;
  // Three times as many turns of a loop cost three times as much.
  const std::vector<int32_t>& budgets = probe.budgets;
  return result->IsTrue() && budgets.size() == 3 && budgets[0] > budgets[1] && budgets[1] > budgets[2] &&
         budgets[1] - budgets[2] > 2 * (budgets[0] - budgets[1]);
}

}  // namespace

bool InterruptBudget::Prepare(v8::Isolate* isolate, v8::Local<v8::Context> context) {
#if defined(__x86_64__)
  // That they are there says little of where things really are: that is what the tries are for.
  if (!&v8dbg_off_fp_context || !&v8dbg_off_fp_function || !&v8dbg_frametype_EntryFrame ||
      !&v8dbg_frametype_ConstructEntryFrame || !&v8dbg_FirstJSFunctionType || !&v8dbg_LastJSFunctionType ||
      !&v8dbg_class_Map__instance_type__uint16_t || !&v8dbg_class_JSFunction__shared__SharedFunctionInfo ||
      !&v8dbg_class_JSFunction__raw_feedback_cell__Tagged_FeedbackCell_ ||
      !&v8dbg_class_SharedFunctionInfo__raw_script__Tagged_Object_ ||
      !&v8dbg_class_FeedbackCell__value__Tagged_HeapObject_ || !&v8dbg_type_Map__MAP_TYPE ||
      !&v8dbg_type_Script__SCRIPT_TYPE || !&v8dbg_type_FeedbackCell__FEEDBACK_CELL_TYPE ||
      !&v8dbg_type_FeedbackVector__FEEDBACK_VECTOR_TYPE ||
      !&v8dbg_type_ClosureFeedbackCellArray__CLOSURE_FEEDBACK_CELL_ARRAY_TYPE) {
    return false;
  }
  Layout& layout = g_layout;
  layout.context = static_cast<Address>(-v8dbg_off_fp_context);
  layout.function = static_cast<Address>(-v8dbg_off_fp_function);
  layout.entry_marker = static_cast<Address>(v8dbg_frametype_EntryFrame) << 1;
  layout.construct_entry_marker = static_cast<Address>(v8dbg_frametype_ConstructEntryFrame) << 1;
  layout.first_function_type = v8dbg_FirstJSFunctionType;
  layout.last_function_type = v8dbg_LastJSFunctionType;
  layout.map_type = v8dbg_type_Map__MAP_TYPE;
  layout.script_type = v8dbg_type_Script__SCRIPT_TYPE;
  layout.cell_type = v8dbg_type_FeedbackCell__FEEDBACK_CELL_TYPE;
  layout.vector_type = v8dbg_type_FeedbackVector__FEEDBACK_VECTOR_TYPE;
  layout.cell_array_type = v8dbg_type_ClosureFeedbackCellArray__CLOSURE_FEEDBACK_CELL_ARRAY_TYPE;
  layout.instance_type = static_cast<Address>(v8dbg_class_Map__instance_type__uint16_t);
  layout.shared = static_cast<Address>(v8dbg_class_JSFunction__shared__SharedFunctionInfo);
  layout.cell = static_cast<Address>(v8dbg_class_JSFunction__raw_feedback_cell__Tagged_FeedbackCell_);
  layout.script = static_cast<Address>(v8dbg_class_SharedFunctionInfo__raw_script__Tagged_Object_);
  layout.value = static_cast<Address>(v8dbg_class_FeedbackCell__value__Tagged_HeapObject_);
  layout.budget = layout.value + kBudgetBehindValue;
  isolate->GetEmbeddedCodeRange(&layout.builtins.start, &layout.builtins.length_in_bytes);
  const v8::JSEntryStubs stubs = isolate->GetJSEntryStubs();
  layout.entries = {stubs.js_entry_stub.code, stubs.js_construct_entry_stub.code,
                    stubs.js_run_microtasks_entry_stub.code};
  return Try(isolate, context);
#else
  (void)isolate;
  (void)context;
  return false;
#endif
}

void InterruptBudget::Spend(v8::Isolate* isolate, const Registers& interrupted, uintptr_t stack_end) {
  // V8's profiler knows when a stack must not be looked at: in a collection, while frames are rebuilt.
  v8::RegisterState registers;
  registers.pc = reinterpret_cast<void*>(interrupted.pc);
  registers.fp = reinterpret_cast<void*>(interrupted.fp);
  registers.sp = reinterpret_cast<void*>(interrupted.sp);
  std::array<void*, 1> frames{};
  v8::SampleInfo sample{};
  isolate->GetStackSample(registers, frames.data(), frames.size(), &sample);
  if (sample.vm_state == v8::GC || sample.frames_count == 0) return;

  Reader reader(interrupted.sp, stack_end);
  if (IsGenerated(isolate, interrupted.pc)) {
    SpendFrom(reader, interrupted.fp);
  } else if (const Address caller = FastCallFrame(isolate); caller != 0) {
    SpendFrom(reader, caller);
  } else {
    SpendFrom(reader, ExitFrame(isolate));
  }
}

uintptr_t InterruptBudget::StackEnd() {
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return 0;
  void* start = nullptr;
  size_t size = 0;
  if (pthread_attr_getstack(&attributes, &start, &size) != 0) size = 0;
  pthread_attr_destroy(&attributes);
  return size == 0 ? 0 : reinterpret_cast<Address>(start) + size;
}

}  // namespace verge::runtime
