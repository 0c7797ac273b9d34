#include "runtime/watchdog.h"

#include <time.h>

#include <algorithm>
#include <chrono>

namespace verge::runtime {
namespace {

constexpr std::chrono::microseconds kTick{1000};

// Idle ticks before the thread sleeps for good: entering JavaScript then has to wake it.
constexpr int kIdleTicks = 50;

int64_t ReadClock(clockid_t clock) {
  timespec time{};
  if (clock_gettime(clock, &time) != 0) return -1;
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

}  // namespace

Watchdog::Watchdog() : thread_([this] { Run(); }) {}

Watchdog::~Watchdog() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

Watchdog::Slot* Watchdog::Acquire() {
  clockid_t clock = CLOCK_THREAD_CPUTIME_ID;
  pthread_getcpuclockid(pthread_self(), &clock);
  std::lock_guard lock(mutex_);
  slots_.push_back(std::unique_ptr<Slot>(new Slot(this, clock)));
  return slots_.back().get();
}

void Watchdog::Release(Slot* slot) {
  std::lock_guard lock(mutex_);
  std::erase_if(slots_, [slot](const auto& each) { return each.get() == slot; });
}

void Watchdog::Wake() {
  std::lock_guard lock(mutex_);
  asleep_.store(false, std::memory_order_relaxed);
  wake_.notify_all();
}

void Watchdog::Run() {
  pthread_setname_np(pthread_self(), "verge-watchdog");
  std::unique_lock lock(mutex_);
  int idle = 0;
  while (!stopping_) {
    if (idle >= kIdleTicks) {
      // Announce first, look again after: a shard that began a turn before it saw the flag must not be missed. The
      // fence pairs with the store of `state_`; on the remaining race (both sides reordered) the timeout bounds the
      // delay.
      asleep_.store(true, std::memory_order_seq_cst);
      std::atomic_thread_fence(std::memory_order_seq_cst);
      bool busy = std::ranges::any_of(slots_, [](const auto& slot) { return slot->state_.load() != 0; });
      if (!busy) {
        wake_.wait_for(lock, std::chrono::milliseconds(100),
                       [this] { return stopping_ || !asleep_.load(std::memory_order_relaxed); });
      }
      asleep_.store(false, std::memory_order_relaxed);
      busy = std::ranges::any_of(slots_, [](const auto& slot) { return slot->state_.load() != 0; });
      if (!busy && !stopping_) continue;  // still nothing to watch
      idle = 0;
    }
    wake_.wait_for(lock, kTick, [this] { return stopping_; });
    int64_t now_ns = ReadClock(CLOCK_MONOTONIC);
    bool active = false;
    for (const auto& slot : slots_) {
      Look(*slot, now_ns);
      active = active || slot->seen_turn_ != 0;
    }
    idle = active ? 0 : idle + 1;
  }
}

void Watchdog::Look(Slot& slot, int64_t now_ns) {
  uint64_t turn = slot.state_.load(std::memory_order_acquire);
  if (turn == 0 || (turn & 1) != 0) {
    slot.seen_turn_ = turn & ~uint64_t{1};
    return;
  }
  if (turn != slot.seen_turn_) {
    // What it used since it began, at most one tick, is not counted.
    slot.seen_turn_ = turn;
    slot.seen_wall_ns_ = now_ns;
    slot.seen_cpu_ns_ = ReadClock(slot.cpu_clock_);
    return;
  }
  int64_t budget = slot.budget_ns_.load(std::memory_order_relaxed);
  int64_t wall = now_ns - slot.seen_wall_ns_;
  if (wall < budget) return;  // CPU time cannot be more than wall time
  if (ReadClock(slot.cpu_clock_) - slot.seen_cpu_ns_ < budget) return;
  // From here the shard cannot leave the turn without waiting for `terminated_`, so the isolate stays alive.
  if (!slot.state_.compare_exchange_strong(turn, turn | 1, std::memory_order_acq_rel)) return;
  slot.isolate_.load(std::memory_order_relaxed)->TerminateExecution();
  slot.terminated_.store(turn, std::memory_order_release);
}

}  // namespace verge::runtime
