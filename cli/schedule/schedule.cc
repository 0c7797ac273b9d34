#include "cli/schedule/schedule.h"

#include <utility>

namespace verge::cli {
namespace {

// A clock that was set back by more is taken for right now: it had been wrong before.
constexpr std::chrono::minutes kSetBack(90);

}  // namespace

void Schedule::Add(uint32_t worker, const std::string& cron) {
  auto parsed = config::ParseCron(cron);
  if (parsed) entries_.push_back({worker, cron, *std::move(parsed)});
}

std::vector<Schedule::Due> Schedule::Take(config::Minute now) {
  std::vector<Due> out;
  if (last_ && now > *last_ - kSetBack && now <= *last_) return out;
  const bool first = !last_.has_value();
  last_ = now;
  // The minute in which the program starts has begun: whoever ran before may have done it.
  if (first) return out;
  for (const Entry& entry : entries_) {
    if (entry.cron.Matches(now)) out.push_back({entry.worker, entry.text, now});
  }
  return out;
}

}  // namespace verge::cli
