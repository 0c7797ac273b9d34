// Stops JavaScript that has used up its CPU time.
//
// One thread looks at the shards that are in JavaScript, as often as their budgets need while anything runs: eight
// times within the smallest one, and when what is left of it is due. (Looking every millisecond costs a busy shard on
// the same processor several percent.) Entering and leaving costs a shard one atomic store and one exchange; its
// thread's CPU clock is read by the watchdog. A turn is identified by a number, so that a late termination never hits
// the next one.
#ifndef RUNTIME_WATCHDOG_H_
#define RUNTIME_WATCHDOG_H_

#include <pthread.h>
#include <v8.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "runtime/preemption.h"

namespace verge::runtime {

class Watchdog {
 public:
  // A shard's end. Begin and End are called on the shard's thread, in pairs.
  class Slot {
   public:
    // A turn begins that may use `budget_ns` of CPU time.
    void Begin(v8::Isolate* isolate, int64_t budget_ns) {
      isolate_.store(isolate, std::memory_order_relaxed);
      budget_ns_.store(budget_ns, std::memory_order_relaxed);
      turn_ += 2;  // even: the lowest bit says "terminated"
      state_.store(turn_, std::memory_order_release);
      if (budget_ns < owner_->prepared_for_ns_.load(std::memory_order_relaxed)) [[unlikely]]
        owner_->Wake();
    }

    // The turn is over. True: it was terminated by the watchdog (the call to V8 has returned when this does).
    bool End() {
      uint64_t old = state_.exchange(0, std::memory_order_acq_rel);
      if ((old & 1) == 0) [[likely]]
        return false;
      while (terminated_.load(std::memory_order_acquire) != (old & ~uint64_t{1})) std::this_thread::yield();
      return true;
    }

    // Whether the running turn has been terminated already.
    [[nodiscard]] bool terminated() const { return (state_.load(std::memory_order_acquire) & 1) != 0; }

   private:
    friend class Watchdog;
    Slot(Watchdog* owner, clockid_t cpu_clock) : owner_(owner), cpu_clock_(cpu_clock) {}

    Watchdog* const owner_;
    const clockid_t cpu_clock_;
    uint64_t turn_ = 0;
    std::atomic<v8::Isolate*> isolate_{nullptr};
    std::atomic<int64_t> budget_ns_{0};
    std::atomic<uint64_t> state_{0};       // the running turn, or 0 outside JavaScript
    std::atomic<uint64_t> terminated_{0};  // the last turn for which TerminateExecution returned

    // The watchdog's own notes.
    uint64_t seen_turn_ = 0;
    int64_t seen_wall_ns_ = 0;
    int64_t seen_cpu_ns_ = 0;
    int64_t ask_again_ns_ = 0;  // when a turn that goes on after its termination is asked again
    int asked_ = 0;             // how often it was

    Preemption preemption_;
  };

  Watchdog();
  ~Watchdog();

  // A slot for the calling thread, valid until Release. Release it on the same thread.
  Slot* Acquire();
  void Release(Slot* slot);

 private:
  void Run();
  void Wake();
  // Returns when to look at the running turn again, at the latest; INT64_MAX without one.
  int64_t Look(Slot& slot, int64_t now_ns);
  // Ends the turn `turn` of a slot, again if need be. The turn's end waits until `terminated_` is its number.
  static void Terminate(Slot& slot, uint64_t turn);
  [[nodiscard]] int64_t WantedTick() const;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::unique_ptr<Slot>> slots_;
  // A turn with a smaller budget has to wake the thread. INT64_MAX while it sleeps for good.
  std::atomic<int64_t> prepared_for_ns_{0};
  bool woken_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace verge::runtime

#endif  // RUNTIME_WATCHDOG_H_
