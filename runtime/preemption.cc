#include "runtime/preemption.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <ucontext.h>
#include <v8-internal.h>
#include <v8-unwinder.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "runtime/v8_frames.h"

namespace verge::runtime {
namespace {

using Address = V8Frames::Address;
using Stack = V8Frames::Stack;

// A return address that was replaced.
struct Redirection {
  Address* location = nullptr;
  Address original = 0;
};

// Exit frames nest when C++ calls JavaScript again. More than these are not redirected: the inner ones end first.
constexpr size_t kMaxExits = 16;

// Returns of built-in code that are redirected at a time. V8 moves some of them on the stack, so each has a trampoline
// of its own by which it is known.
constexpr size_t kMaxBuiltins = 32;
constexpr size_t kTrampolineSize = 8;
#define VERGE_MAX_BUILTINS "32"

// A built-in function that was found running so often, over so much CPU time, calls nothing: no return of it can be
// redirected.
constexpr int kPatience = 20;
constexpr int64_t kPatienceNs = 15'000'000;

int64_t ThreadCpuNs() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

}  // namespace

struct Preemption::Thread::State {
  pthread_t thread;
  Address stack_end = 0;
  std::atomic<v8::Isolate*> wanted{nullptr};
  std::atomic<bool> signalled{false};  // and the signal has not arrived
  // What follows is touched by the thread, and by the signal handler on it.
  std::array<Redirection, kMaxExits> exits;
  size_t exit_count = 0;
  std::array<Address, kMaxBuiltins> builtins;
  size_t builtin_count = 0;
  int in_builtin_code = 0;  // how often that was found, in vain
  int64_t in_builtin_code_since_ns = 0;
  bool cut_short = false;
  Address root = 0;
};

#if defined(__x86_64__)

namespace {

thread_local constinit Preemption::Thread::State* t_state = nullptr;

// What the assembly below pushes: the results of a C++ function, and the place of its return address.
struct Returned {
  Address rdx;
  Address rax;
  Address return_address;
};

struct Resumption {
  Address pc;
  Address context;
};

bool ThrowTermination(v8::Isolate* isolate) {
  Preemption::Landing* landing = Preemption::Landing::Of(isolate);
  return landing && landing->Throw(isolate);
}

}  // namespace

extern "C" {

// Below V8's stub, where its C++ function has just returned.
[[gnu::used, gnu::visibility("hidden")]] void VergeOnExit(Returned* returned, Address root) {
  Preemption::Thread::State& state = *t_state;
  const Redirection& exit = state.exits[state.exit_count - 1];
  returned->return_address = exit.original;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  --state.exit_count;
  v8::Isolate* isolate = state.wanted.load(std::memory_order_acquire);
  if (!isolate || isolate != v8::Isolate::TryGetCurrent() || isolate->HasPendingException()) return;
  const ptrdiff_t marker = V8Frames::ExceptionMarkerOffset(returned->return_address);
  if (!ThrowTermination(isolate) || marker == 0) return;  // functions of the API have their result elsewhere
  returned->rax = *reinterpret_cast<const Address*>(root + static_cast<Address>(marker));
}

// Built-in code has returned to `frame`: V8's stub is called from there instead.
[[gnu::used, gnu::visibility("hidden")]] Resumption VergeOnBuiltinReturn(Address frame, Address sp, Address root,
                                                                         size_t trampoline) {
  Preemption::Thread::State& state = *t_state;
  state.root = root;
  return {state.builtins[trampoline], V8Frames::ContextOf(frame, {sp, state.stack_end})};
}

// Called by V8's stub as a function of its runtime.
[[gnu::used, gnu::visibility("hidden")]] Address VergeTerminate(int, Address*, v8::Isolate* isolate) {
  Preemption::Thread::State& state = *t_state;
  // The result of the built-in code is gone: there is no way back from here.
  if (!ThrowTermination(isolate)) abort();
  return *reinterpret_cast<const Address*>(state.root +
                                           static_cast<Address>(V8Frames::c_entry_exception_marker_offset()));
}

[[gnu::used, gnu::visibility("hidden")]] Address verge_c_entry = 0;

[[gnu::naked, gnu::used, gnu::visibility("hidden")]] void VergeExitTrampoline() {
  asm volatile(
      "subq $8, %rsp\n"
      "pushq %rax\n"
      "pushq %rdx\n"
      "movq %rsp, %rdi\n"
      "movq %r13, %rsi\n"
      "subq $8, %rsp\n"
      "callq VergeOnExit\n"
      "addq $8, %rsp\n"
      "popq %rdx\n"
      "popq %rax\n"
      "retq\n");
}

// kMaxBuiltins times: its number, and on to the common part.
[[gnu::naked, gnu::used, gnu::visibility("hidden")]] void VergeBuiltinTrampolines() {
  asm volatile(
      ".set number, 0\n"
      ".rept " VERGE_MAX_BUILTINS
      "\n"
      ".balign 8\n"
      "pushq $number\n"
      "jmp 1f\n"
      ".set number, number + 1\n"
      ".endr\n"
      "1:\n"
      "popq %rcx\n"
      "movq %rbp, %rdi\n"
      "movq %rsp, %rsi\n"
      "movq %r13, %rdx\n"
      "movq %rsp, %rbx\n"
      "andq $-16, %rsp\n"
      "callq VergeOnBuiltinReturn\n"
      "movq %rbx, %rsp\n"
      "pushq %rax\n"       // where the stub returns to
      "movq %rdx, %rsi\n"  // the context
      "xorl %eax, %eax\n"  // no arguments
      "leaq VergeTerminate(%rip), %rbx\n"
      "jmpq *verge_c_entry(%rip)\n");
}

}  // extern "C"

namespace {

const auto kExitTrampoline = reinterpret_cast<Address>(&VergeExitTrampoline);
const auto kBuiltinTrampolines = reinterpret_cast<Address>(&VergeBuiltinTrampolines);

bool IsBuiltinTrampoline(Address address) { return address - kBuiltinTrampolines < kMaxBuiltins * kTrampolineSize; }

// V8 walks a stack (collections, exceptions): where the return address that belongs at `location` is found.
uintptr_t Resolve(uintptr_t location) {
  const Address found = *reinterpret_cast<const Address*>(location);
  if (found != kExitTrampoline && !IsBuiltinTrampoline(found)) [[likely]]
    return location;
  Preemption::Thread::State* state = t_state;
  if (!state) return location;
  if (IsBuiltinTrampoline(found)) {
    return reinterpret_cast<uintptr_t>(&state->builtins[(found - kBuiltinTrampolines) / kTrampolineSize]);
  }
  for (size_t i = state->exit_count; i-- > 0;) {
    Redirection& exit = state->exits[i];
    if (reinterpret_cast<uintptr_t>(exit.location) == location) return reinterpret_cast<uintptr_t>(&exit.original);
  }
  return location;
}

// Whether the C++ that was interrupted may be about to read `location`: V8 walks its stack for an exception, and has
// looked up where the return address is, but has not read it yet.
[[clang::no_sanitize("address", "thread")]] bool IsInUse(const Address* location, const ucontext_t& interrupted) {
  const auto value = reinterpret_cast<Address>(location);
  for (const greg_t each : interrupted.uc_mcontext.gregs) {
    if (static_cast<Address>(each) == value) return true;
  }
  auto low = static_cast<Address>(interrupted.uc_mcontext.gregs[REG_RSP]) & ~(sizeof(Address) - 1);
  constexpr Address kRedZone = 128;
  for (auto* word = reinterpret_cast<const Address*>(low - kRedZone); word < location; ++word) {
    if (*word == value) return true;
  }
  return false;
}

void RedirectExit(Preemption::Thread::State& state, Address exit_frame, const Stack& stack,
                  const ucontext_t& interrupted) {
  Address* location = V8Frames::ReturnAddressBelow(exit_frame, stack);
  if (!location || !V8Frames::IsBuiltin(*location) || state.exit_count == kMaxExits) return;
  if (IsInUse(location, interrupted)) return;
  state.exits[state.exit_count] = {location, *location};
  std::atomic_signal_fence(std::memory_order_seq_cst);
  ++state.exit_count;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  *location = kExitTrampoline;
}

// `location` may be null.
void RedirectBuiltin(Preemption::Thread::State& state, Address* location, Address frame, const Stack& stack) {
  if (verge_c_entry == 0 || state.builtin_count == kMaxBuiltins || !location ||
      V8Frames::ContextOf(frame, stack) == 0) {
    return;
  }
  state.builtins[state.builtin_count] = *location;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  *location = kBuiltinTrampolines + state.builtin_count++ * kTrampolineSize;
}

// Goes on, in place of the built-in code, as if that had called something which threw.
void CutShort(Preemption::Thread::State& state, Address frame, const Stack& stack, ucontext_t& interrupted) {
  if (verge_c_entry == 0 || !V8Frames::IsComplete(frame, stack) || V8Frames::ContextOf(frame, stack) == 0) return;
  if (state.builtin_count == kMaxBuiltins) --state.builtin_count;
  auto& pc = interrupted.uc_mcontext.gregs[REG_RIP];
  state.builtins[state.builtin_count] = static_cast<Address>(pc);
  pc = static_cast<greg_t>(kBuiltinTrampolines + state.builtin_count++ * kTrampolineSize);
  state.cut_short = true;
}

void Preempt(Preemption::Thread::State& state, v8::Isolate* isolate, ucontext_t& interrupted) {
  v8::RegisterState registers;
  const auto pc = static_cast<Address>(interrupted.uc_mcontext.gregs[REG_RIP]);
  const auto fp = static_cast<Address>(interrupted.uc_mcontext.gregs[REG_RBP]);
  const Stack stack{static_cast<Address>(interrupted.uc_mcontext.gregs[REG_RSP]), state.stack_end};
  registers.pc = reinterpret_cast<void*>(pc);
  registers.fp = reinterpret_cast<void*>(fp);
  registers.sp = reinterpret_cast<void*>(stack.low);
  // V8's profiler knows when a stack must not be looked at: in a collection, while frames are rebuilt.
  std::array<void*, 1> frames{};
  v8::SampleInfo sample{};
  isolate->GetStackSample(registers, frames.data(), frames.size(), &sample);
  if (sample.vm_state == v8::GC || sample.frames_count == 0) return;

  if (V8Frames::IsGenerated(pc)) {
    V8Frames::SpendBudgets(fp, stack);
    if (!V8Frames::IsBuiltin(pc)) return;
    const int64_t now_ns = ThreadCpuNs();
    if (state.in_builtin_code++ == 0) state.in_builtin_code_since_ns = now_ns;
    if (state.in_builtin_code < kPatience || now_ns - state.in_builtin_code_since_ns < kPatienceNs) {
      Address* location = V8Frames::LastReturnAddress(stack);
      RedirectBuiltin(state, location ? location : V8Frames::ReturnAddressOf(fp, stack), fp, stack);
    } else {
      CutShort(state, fp, stack, interrupted);
    }
  } else if (const Address caller = V8Frames::FastCallFrame(isolate); caller != 0) {
    V8Frames::SpendBudgets(caller, stack);
    RedirectBuiltin(state, V8Frames::ReturnAddressOf(caller, stack), caller, stack);
  } else if (const Address exit_frame = V8Frames::ExitFrame(isolate); exit_frame != 0) {
    V8Frames::SpendBudgets(exit_frame, stack);
    RedirectExit(state, exit_frame, stack, interrupted);
  }
}

void OnSignal(int, siginfo_t*, void* context) {
  const int saved_errno = errno;
  if (Preemption::Thread::State* state = t_state) {
    state->signalled.store(false, std::memory_order_release);
    v8::Isolate* isolate = state->wanted.load(std::memory_order_acquire);
    if (isolate && isolate == v8::Isolate::TryGetCurrent()) {
      Preempt(*state, isolate, *static_cast<ucontext_t*>(context));
    }
  }
  errno = saved_errno;
}

std::atomic<bool> g_prepared{false};

int Signal() { return SIGRTMIN; }

}  // namespace

bool Preemption::Landing::Prepare(v8::Isolate* isolate, v8::Local<v8::Context> context) {
  static std::once_flag once;
  std::call_once(once, [&] {
    if (!V8Frames::Prepare(isolate, context)) return;
    verge_c_entry = V8Frames::c_entry();
    v8::V8::SetReturnAddressLocationResolver(Resolve);
    struct sigaction action {};
    action.sa_sigaction = OnSignal;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigemptyset(&action.sa_mask);
    if (sigaction(Signal(), &action, nullptr) == 0) g_prepared.store(true, std::memory_order_release);
  });
  if (!g_prepared.load(std::memory_order_acquire)) return false;
  v8::TryCatch try_catch(isolate);
  v8::Local<v8::Script> script;
  v8::Local<v8::Value> function;
  if (!v8::Script::Compile(context, v8::String::NewFromUtf8Literal(isolate, "() => {}")).ToLocal(&script) ||
      !script->Run(context).ToLocal(&function) || !function->IsFunction() ||
      function.As<v8::Function>()->Call(context, v8::Undefined(isolate), 0, nullptr).IsEmpty()) {
    return false;
  }
  auto* landing = new Landing();
  landing->context_.Reset(isolate, context);
  landing->function_.Reset(isolate, function.As<v8::Function>());
  isolate->SetData(kIsolateSlot, landing);
  return true;
}

void Preemption::Landing::Remove(v8::Isolate* isolate) {
  delete Of(isolate);
  isolate->SetData(kIsolateSlot, nullptr);
}

bool Preemption::Landing::Throw(v8::Isolate* isolate) {
  v8::HandleScope scope(isolate);
  {
    // Without a message: for one V8 would look at the frames' variables, which are known only at some places.
    v8::TryCatch try_catch(isolate);
    try_catch.SetCaptureMessage(false);
    isolate->TerminateExecution();
    (void)function_.Get(isolate)->Call(context_.Get(isolate), v8::Undefined(isolate), 0, nullptr);
    // What is caught is thrown on when this is left: with the message that there is, which is none.
    try_catch.SetCaptureMessage(true);
  }
  return isolate->HasPendingException();
}

Preemption::Thread::Thread() : state_(new State()) {
  state_->thread = pthread_self();
  state_->stack_end = V8Frames::StackEnd();
  t_state = state_;
}

Preemption::Thread::~Thread() {
  t_state = nullptr;
  delete state_;
}

void Preemption::Thread::Request(v8::Isolate* isolate) {
  if (!g_prepared.load(std::memory_order_acquire) || state_->stack_end == 0) return;
  state_->wanted.store(isolate, std::memory_order_release);
  // A thread that gets no processor would find them all at once.
  if (!state_->signalled.exchange(true, std::memory_order_acq_rel)) pthread_kill(state_->thread, Signal());
}

bool Preemption::Thread::Withdraw() {
  state_->wanted.store(nullptr, std::memory_order_release);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  // Frames that V8 has unwound took their redirection with them.
  state_->builtin_count = 0;
  state_->in_builtin_code = 0;
  return std::exchange(state_->cut_short, false);
}

#else

bool Preemption::Landing::Prepare(v8::Isolate*, v8::Local<v8::Context>) { return false; }
void Preemption::Landing::Remove(v8::Isolate*) {}
bool Preemption::Landing::Throw(v8::Isolate*) { return false; }
Preemption::Thread::Thread() : state_(new State()) {}
Preemption::Thread::~Thread() { delete state_; }
void Preemption::Thread::Request(v8::Isolate*) {}
bool Preemption::Thread::Withdraw() {}

#endif

}  // namespace verge::runtime
