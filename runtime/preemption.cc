#include "runtime/preemption.h"

#include <signal.h>
#include <ucontext.h>

#include <atomic>
#include <cerrno>
#include <mutex>

#include "runtime/interrupt_budget.h"

namespace verge::runtime {
namespace {

constinit thread_local Preemption* t_preemption = nullptr;

std::atomic<bool> g_prepared{false};

// libuv and V8 use none of the real-time signals.
int Signal() { return SIGRTMIN; }

}  // namespace

Preemption::Preemption() : thread_(pthread_self()), stack_end_(InterruptBudget::StackEnd()) { t_preemption = this; }

Preemption::~Preemption() { t_preemption = nullptr; }

bool Preemption::Prepare(v8::Isolate* isolate, v8::Local<v8::Context> context) {
  static std::once_flag once;
  std::call_once(once, [&] {
    if (!InterruptBudget::Prepare(isolate, context)) return;
    struct sigaction action{};
    action.sa_sigaction = OnSignal;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigemptyset(&action.sa_mask);
    if (sigaction(Signal(), &action, nullptr) == 0) g_prepared.store(true, std::memory_order_release);
  });
  return g_prepared.load(std::memory_order_acquire);
}

void Preemption::Request(v8::Isolate* isolate) {
  if (!g_prepared.load(std::memory_order_acquire) || stack_end_ == 0) return;
  wanted_.store(isolate, std::memory_order_release);
  // A thread that gets no processor would find them all at once.
  if (!signalled_.exchange(true, std::memory_order_acq_rel)) pthread_kill(thread_, Signal());
}

void Preemption::Withdraw() {
  wanted_.store(nullptr, std::memory_order_release);
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

void Preemption::OnSignal(int, siginfo_t*, void* interrupted) {
  const int saved_errno = errno;
  if (Preemption* self = t_preemption) {
    self->signalled_.store(false, std::memory_order_release);
    if (v8::Isolate* isolate = self->wanted_.load(std::memory_order_acquire)) {
#if defined(__x86_64__)
      const auto& registers = static_cast<const ucontext_t*>(interrupted)->uc_mcontext.gregs;
      InterruptBudget::Spend(isolate,
                             {.pc = static_cast<uintptr_t>(registers[REG_RIP]),
                              .fp = static_cast<uintptr_t>(registers[REG_RBP]),
                              .sp = static_cast<uintptr_t>(registers[REG_RSP])},
                             self->stack_end_);
#endif
    }
  }
  errno = saved_errno;
}

}  // namespace verge::runtime
