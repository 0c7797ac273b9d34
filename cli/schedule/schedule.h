// Which workers are to be woken at which minute. No clock, no thread.
#ifndef CLI_SCHEDULE_SCHEDULE_H_
#define CLI_SCHEDULE_SCHEDULE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/cron.h"

namespace verge::cli {

class Schedule {
 public:
  // An expression of a worker. Invalid ones, which the configuration has refused, are passed over.
  void Add(uint32_t worker, const std::string& cron);
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  void Clear() { entries_.clear(); }
  // Takes over the entries of another one. Minutes that have been asked for stay so.
  void Replace(Schedule other) { entries_ = std::move(other.entries_); }

  struct Due {
    uint32_t worker;
    std::string cron;
    config::Minute minute;
  };
  // What is due now, given that it was asked for some time before: of each minute once. Minutes that were slept through
  // are not made up for, and when the clock was set back, those that come again are not run again.
  std::vector<Due> Take(config::Minute now);

 private:
  struct Entry {
    uint32_t worker;
    std::string text;
    config::Cron cron;
  };
  std::vector<Entry> entries_;
  std::optional<config::Minute> last_;
};

}  // namespace verge::cli

#endif  // CLI_SCHEDULE_SCHEDULE_H_
