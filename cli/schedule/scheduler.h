// Wakes workers by their cron expressions, from one shard's loop.
#ifndef CLI_SCHEDULE_SCHEDULER_H_
#define CLI_SCHEDULE_SCHEDULER_H_

#include <functional>
#include <memory>
#include <utility>

#include "cli/schedule/clock.h"
#include "cli/schedule/schedule.h"
#include "runtime/timer_queue.h"

namespace verge::cli {

// On the shard's thread.
class Scheduler final : private runtime::TimerQueue::Timer {
 public:
  using Run = std::function<void(const Schedule::Due&)>;

  // `timers` and `clock` outlive it.
  Scheduler(runtime::TimerQueue& timers, const ScheduleClock& clock, Schedule schedule, Run run);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // Another one from the next minute on.
  void Replace(Schedule schedule) { schedule_.Replace(std::move(schedule)); }

 private:
  void OnTimer() override;

  runtime::TimerQueue& timers_;
  const ScheduleClock& clock_;
  Schedule schedule_;
  const Run run_;
};

}  // namespace verge::cli

#endif  // CLI_SCHEDULE_SCHEDULER_H_
