#include "cli/schedule/scheduler.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace verge::cli {
namespace {

// Looked at the clock again at least so often, as it may be set.
constexpr int64_t kMaxSleepMs = 20'000;

}  // namespace

Scheduler::Scheduler(runtime::TimerQueue& timers, const ScheduleClock& clock, Schedule schedule, Run run)
    : timers_(timers), clock_(clock), schedule_(std::move(schedule)), run_(std::move(run)) {
  OnTimer();
}

Scheduler::~Scheduler() { timers_.Cancel(this); }

void Scheduler::OnTimer() {
  const ScheduleClock::Time now = clock_.Now();
  const auto minute = std::chrono::floor<std::chrono::minutes>(now);
  for (const Schedule::Due& due : schedule_.Take(minute)) run_(due);
  const auto left = static_cast<double>((minute + std::chrono::minutes(1) - now).count()) / clock_.speed();
  timers_.Set(this, static_cast<uint64_t>(std::clamp<int64_t>(static_cast<int64_t>(left) + 1, 1, kMaxSleepMs)));
}

}  // namespace verge::cli
