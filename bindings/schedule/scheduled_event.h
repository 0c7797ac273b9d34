// A scheduled event as those see it who cause one. No V8.
#ifndef BINDINGS_SCHEDULE_SCHEDULED_EVENT_H_
#define BINDINGS_SCHEDULE_SCHEDULED_EVENT_H_

#include <cstdint>
#include <functional>
#include <string>

namespace verge::bindings {

struct ScheduledEvent {
  std::string cron;     // the expression that it is for, or ""
  int64_t time_ms = 0;  // since the epoch
};

enum class ScheduledOutcome : uint8_t {
  kOk,
  kException,
  kExceededCpu,
  kExceededMemory,
  kExceededWallTime,
  kCanceled,
};

struct ScheduledResult {
  ScheduledOutcome outcome = ScheduledOutcome::kOk;
  bool no_retry = false;
};

// Hears how an event ended, once: when its handler is done and what it left to waitUntil() as well. On the shard's
// thread, not in JavaScript.
using ScheduledDone = std::function<void(const ScheduledResult&)>;

}  // namespace verge::bindings

#endif  // BINDINGS_SCHEDULE_SCHEDULED_EVENT_H_
