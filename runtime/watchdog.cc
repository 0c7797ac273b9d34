#include "runtime/watchdog.h"

#include <time.h>

#include <algorithm>
#include <chrono>

namespace verge::runtime {
namespace {

// A turn's time before the first look at it is not counted: a tick is a small part of the budgets in use.
constexpr int64_t kShortestTickNs = 1'000'000;
constexpr int64_t kLongestTickNs = 10'000'000;
constexpr int64_t kTicksPerBudget = 8;

// Ticks become longer slowly: budgets of different sizes would otherwise wake the thread all the time.
constexpr int64_t kTickGrowthNs = 100'000;

// Budgets above this are none: sums with the clock must not overflow.
constexpr int64_t kNoBudgetNs = int64_t{1} << 60;

// A turn that was terminated and goes on is asked again after such a time; more seldom when that was in vain often.
constexpr int64_t kAskAgainNs = 500'000;
constexpr int64_t kAskSeldomNs = 10'000'000;
constexpr int kAskOften = 400;
// After so often in vain, spending budgets is not enough.
constexpr int kInsistAfter = 20;

// So long without JavaScript, and the thread sleeps for good: entering JavaScript then has to wake it.
constexpr int64_t kIdleNs = 100'000'000;

int64_t ReadClock(clockid_t clock) {
  timespec time{};
  if (clock_gettime(clock, &time) != 0) return -1;
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

}  // namespace

void Watchdog::Terminate(Slot& slot, uint64_t turn) {
  // Either this sees that the turn is over, or its end waits.
  slot.terminated_.store(0, std::memory_order_seq_cst);
  if (slot.state_.load(std::memory_order_seq_cst) == (turn | 1)) {
    v8::Isolate* isolate = slot.isolate_.load(std::memory_order_relaxed);
    isolate->TerminateExecution();
    slot.preemption_.Request(isolate, slot.asked_ >= kInsistAfter);
  }
  slot.terminated_.store(turn, std::memory_order_seq_cst);
}

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
  woken_ = true;
  wake_.notify_all();
}

int64_t Watchdog::WantedTick() const {
  int64_t smallest = INT64_MAX;
  // The last turn's budget stands for what is to come when nothing runs.
  for (const auto& slot : slots_) smallest = std::min(smallest, slot->budget_ns_.load(std::memory_order_relaxed));
  return std::clamp(smallest / kTicksPerBudget, kShortestTickNs, kLongestTickNs);
}

void Watchdog::Run() {
  pthread_setname_np(pthread_self(), "verge-watchdog");
  std::unique_lock lock(mutex_);
  auto stopping_or_woken = [this] { return stopping_ || woken_; };
  int64_t tick_ns = kShortestTickNs;
  int64_t active_ns = ReadClock(CLOCK_MONOTONIC);  // when JavaScript was last seen running
  while (!stopping_) {
    woken_ = false;
    int64_t now_ns = ReadClock(CLOCK_MONOTONIC);
    bool idle = now_ns - active_ns > kIdleNs;
    tick_ns = std::min(WantedTick(), tick_ns + kTickGrowthNs);
    // Announce first, look after: a shard that began a turn before it saw this must not be missed. The fence pairs with
    // the store of `state_`; on the remaining race (both sides reordered) the next look, or the bound of the long
    // sleep, is the delay.
    prepared_for_ns_.store(idle                        ? INT64_MAX
                           : tick_ns > kShortestTickNs ? tick_ns * kTicksPerBudget / 2
                                                       : 0,
                           std::memory_order_seq_cst);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    int64_t next_ns = now_ns + tick_ns;
    for (const auto& slot : slots_) {
      int64_t due_ns = Look(*slot, now_ns);
      if (due_ns == INT64_MAX) continue;
      active_ns = now_ns;
      idle = false;
      next_ns = std::min(next_ns, std::max(due_ns, now_ns + kShortestTickNs / 10));
    }
    wake_.wait_for(lock, idle ? std::chrono::nanoseconds(kIdleNs) : std::chrono::nanoseconds(next_ns - now_ns),
                   stopping_or_woken);
    // Whatever woke it runs now.
    if (woken_) active_ns = ReadClock(CLOCK_MONOTONIC);
  }
}

int64_t Watchdog::Look(Slot& slot, int64_t now_ns) {
  uint64_t turn = slot.state_.load(std::memory_order_acquire);
  if (turn == 0) {
    slot.seen_turn_ = 0;
    return INT64_MAX;
  }
  if ((turn & 1) != 0) {
    slot.seen_turn_ = turn & ~uint64_t{1};
    if (now_ns < slot.ask_again_ns_) return slot.ask_again_ns_;
    Terminate(slot, slot.seen_turn_);
    if (slot.asked_ < kAskOften) ++slot.asked_;
    slot.ask_again_ns_ = now_ns + (slot.asked_ < kAskOften ? kAskAgainNs : kAskSeldomNs);
    return slot.ask_again_ns_;
  }
  int64_t budget = slot.preemption_.expired() ? 0 : slot.budget_ns_.load(std::memory_order_relaxed);
  if (turn != slot.seen_turn_) {
    // What it used since it began, at most one tick, is not counted.
    slot.seen_turn_ = turn;
    slot.seen_wall_ns_ = now_ns;
    slot.seen_cpu_ns_ = ReadClock(slot.cpu_clock_);
    return budget < kNoBudgetNs ? now_ns + budget : now_ns + kLongestTickNs;
  }
  if (budget >= kNoBudgetNs) return now_ns + kLongestTickNs;
  // CPU time cannot be more than wall time.
  int64_t wall = now_ns - slot.seen_wall_ns_;
  if (wall < budget) return now_ns + budget - wall;
  int64_t used = ReadClock(slot.cpu_clock_) - slot.seen_cpu_ns_;
  if (used < budget) return now_ns + budget - used;
  // From here the shard cannot leave the turn without waiting for `terminated_`, so the isolate stays alive.
  if (!slot.state_.compare_exchange_strong(turn, turn | 1, std::memory_order_acq_rel)) return now_ns + kShortestTickNs;
  slot.asked_ = 0;
  Terminate(slot, turn);
  slot.ask_again_ns_ = now_ns + kAskAgainNs;
  return slot.ask_again_ns_;
}

}  // namespace verge::runtime
