// Cron expressions as Workers have them: minute, hour, day of the month, month, day of the week, in UTC.
#ifndef CONFIG_CRON_H_
#define CONFIG_CRON_H_

#include <bitset>
#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace verge::config {

using Minute = std::chrono::sys_time<std::chrono::minutes>;

// "*/15 9-17 * * MON-FRI". Beyond lists, ranges and steps, as Cloudflare's documentation has it: names of months and
// days; days of the week from 1, Sunday, to 7; L, the last day of the month, and L-N days before it; NW, the weekday
// nearest to a day, and LW, the month's last weekday; in days of the week dL, the last such day of the month, and d#N,
// its N-th. When both the day of the month and that of the week are restricted, either of them is enough.
class Cron {
 public:
  [[nodiscard]] bool Matches(Minute minute) const;

  // The first minute after `from` that matches; nothing within eight years: there is none (the 30th of February).
  [[nodiscard]] std::optional<Minute> Next(Minute from) const;

 private:
  friend class CronParser;
  [[nodiscard]] bool MatchesDay(std::chrono::sys_days day) const;

  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;     // of the month, from 1
  std::bitset<13> months_;   // from 1
  std::bitset<7> weekdays_;  // from 0, Sunday
  bool any_day_ = false;     // the field is '*' or '?'
  bool any_weekday_ = false;
  std::bitset<31> days_from_last_;      // L is bit 0, L-3 bit 3
  std::bitset<32> nearest_weekdays_;    // 15W
  bool last_weekday_of_month_ = false;  // LW
  std::bitset<7> last_weekdays_;        // 5L
  std::bitset<42> nth_weekdays_;        // weekday * 6 + n
};

// The error says which field is wrong, and how.
std::expected<Cron, std::string> ParseCron(std::string_view text);

}  // namespace verge::config

#endif  // CONFIG_CRON_H_
