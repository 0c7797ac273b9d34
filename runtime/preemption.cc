#include "runtime/preemption.h"

#include <signal.h>
#include <ucontext.h>

#include <atomic>
#include <cerrno>
#include <mutex>

#include "runtime/detour.h"
#include "runtime/interrupt_budget.h"

namespace verge::runtime {
namespace {

constinit thread_local Preemption* t_preemption = nullptr;

std::atomic<bool> g_prepared{false};

// libuv and V8 use none of the real-time signals.
int Signal() { return SIGRTMIN; }

#if defined(__x86_64__)
// The processor's flag for a trap behind the next instruction.
constexpr greg_t kTrapFlag = 0x100;
// A step takes a microsecond or two. Loops of built-in code call something much sooner; what does not is left alone,
// and begins anew with the next request.
constexpr int kMaxSteps = 10'000;
#endif

bool Handle(int number, void (*handler)(int, siginfo_t*, void*)) {
  struct sigaction action{};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigemptyset(&action.sa_mask);
  return sigaction(number, &action, nullptr) == 0;
}

}  // namespace

Preemption::Preemption() : thread_(pthread_self()), stack_end_(InterruptBudget::StackEnd()) { t_preemption = this; }

Preemption::~Preemption() { t_preemption = nullptr; }

bool Preemption::Prepare(v8::Isolate* isolate, v8::Local<v8::Context> context) {
  static std::once_flag once;
  std::call_once(once, [&] {
    if (!InterruptBudget::Prepare(isolate, context)) return;
    if (!Detour::FindStubs(isolate) || !Handle(SIGTRAP, OnStep) || !Handle(Signal(), OnSignal)) return;
    g_prepared.store(true, std::memory_order_release);
  });
  return g_prepared.load(std::memory_order_acquire);
}

void Preemption::Request(v8::Isolate* isolate, bool insist) {
  if (!g_prepared.load(std::memory_order_acquire) || stack_end_ == 0) return;
  insist_.store(insist, std::memory_order_relaxed);
  wanted_.store(isolate, std::memory_order_release);
  // A thread that gets no processor would find them all at once.
  if (!signalled_.exchange(true, std::memory_order_acq_rel)) pthread_kill(thread_, Signal());
}

void Preemption::NoteBegin() {
  if (t_preemption) t_preemption->expired_.store(false, std::memory_order_relaxed);
}

void Preemption::NoteExpired() {
  if (t_preemption) t_preemption->expired_.store(true, std::memory_order_relaxed);
}

void Preemption::Withdraw() {
  if (!t_preemption) return;
  t_preemption->wanted_.store(nullptr, std::memory_order_release);
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

#if defined(__x86_64__)

void Preemption::OnSignal(int, siginfo_t*, void* interrupted) {
  const int saved_errno = errno;
  if (Preemption* self = t_preemption) {
    self->signalled_.store(false, std::memory_order_release);
    if (v8::Isolate* isolate = self->wanted_.load(std::memory_order_acquire)) {
      auto& registers = static_cast<ucontext_t*>(interrupted)->uc_mcontext.gregs;
      const auto pc = static_cast<uintptr_t>(registers[REG_RIP]);
      InterruptBudget::Spend(isolate,
                             {.pc = pc,
                              .fp = static_cast<uintptr_t>(registers[REG_RBP]),
                              .sp = static_cast<uintptr_t>(registers[REG_RSP])},
                             self->stack_end_);
      if (self->insist_.load(std::memory_order_relaxed) && Detour::IsBuiltin(pc)) {
        self->steps_left_ = kMaxSteps;
        registers[REG_EFL] |= kTrapFlag;
      }
    }
  }
  errno = saved_errno;
}

void Preemption::OnStep(int number, siginfo_t* info, void* interrupted) {
  Preemption* self = t_preemption;
  if (!self || info->si_code != TRAP_TRACE || self->steps_left_ <= 0) {
    // Not of this: as if nobody had taken care of it.
    signal(number, SIG_DFL);
    raise(number);
    return;
  }
  const int saved_errno = errno;
  auto& registers = static_cast<ucontext_t*>(interrupted)->uc_mcontext.gregs;
  const auto pc = static_cast<uintptr_t>(registers[REG_RIP]);
  v8::Isolate* isolate = self->wanted_.load(std::memory_order_acquire);
  bool done = !isolate || !Detour::IsBuiltin(pc) || --self->steps_left_ == 0;
  if (!done && Detour::IsStub(pc)) {
    if (const uintptr_t function = Detour::Function(isolate)) registers[REG_RDI] = static_cast<greg_t>(function);
    done = true;
  }
  if (done) {
    self->steps_left_ = 0;
    registers[REG_EFL] &= ~kTrapFlag;
  }
  errno = saved_errno;
}

#else

void Preemption::OnSignal(int, siginfo_t*, void*) {}
void Preemption::OnStep(int, siginfo_t*, void*) {}

#endif

}  // namespace verge::runtime
