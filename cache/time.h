// Time as caches count it, and HTTP's three spellings of a date (RFC 9110, 5.6.7).
//
// Nothing in cache/ reads a clock by itself but through a `Clock`; the pure functions take the time as an argument.
#ifndef CACHE_TIME_H_
#define CACHE_TIME_H_

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace verge::cache {

using Seconds = std::chrono::seconds;
using Millis = std::chrono::milliseconds;

// Wall clock, milliseconds: stored objects outlive the process, so it cannot be a steady clock.
using Time = std::chrono::sys_time<Millis>;

// Where a Service gets the time from. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Time Now() const = 0;

  // The machine's clock; lives for ever.
  static const Clock& System();
};

// An HTTP-date in any of the three forms: IMF-fixdate, RFC 850 (whose two-digit year is one at most 50 years after
// `now`), asctime. Names in any case, and a weekday that does not fit the date, are let pass; other deviations from the
// grammar make it nullopt, among them a time zone other than GMT and days that a month does not have.
std::optional<Time> ParseHttpDate(std::string_view text, Time now);

// IMF-fixdate: "Sun, 06 Nov 1994 08:49:37 GMT". Of the years 0 to 9999; what is outside is clamped.
std::string FormatHttpDate(Time time);

}  // namespace verge::cache

#endif  // CACHE_TIME_H_
