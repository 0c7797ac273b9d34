#include "cache/time.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

#include "http/field_syntax.h"
#include "http/message.h"

namespace verge::cache {

namespace {

using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> kLongDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};

// Takes what the grammar wants next off the front of the text; once something is missing, nothing helps any more.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  void Literal(std::string_view text) {
    if (ok_ && http::EqualsIgnoreCase(rest_.substr(0, text.size()), text)) {
      rest_.remove_prefix(text.size());
    } else {
      ok_ = false;
    }
  }

  // Exactly `count` digits.
  int Digits(size_t count) {
    int value = 0;
    if (rest_.size() < count) ok_ = false;
    for (size_t i = 0; ok_ && i < count; ++i) {
      if (!http::IsDigit(rest_[i])) ok_ = false;
      value = value * 10 + (rest_[i] - '0');
    }
    if (!ok_) return 0;
    rest_.remove_prefix(count);
    return value;
  }

  // The index of the name in front.
  template <size_t kCount>
  int Name(const std::array<std::string_view, kCount>& names) {
    for (size_t i = 0; ok_ && i < kCount; ++i) {
      if (http::EqualsIgnoreCase(rest_.substr(0, names[i].size()), names[i])) {
        rest_.remove_prefix(names[i].size());
        return static_cast<int>(i);
      }
    }
    ok_ = false;
    return 0;
  }

  [[nodiscard]] bool Next(char c) const { return !rest_.empty() && rest_.front() == c; }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool AtEnd() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

struct Parts {
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

void ScanTime(Scanner& scanner, Parts& parts) {
  parts.hour = scanner.Digits(2);
  scanner.Literal(":");
  parts.minute = scanner.Digits(2);
  scanner.Literal(":");
  parts.second = scanner.Digits(2);
}

// "Sun, 06 Nov 1994 08:49:37 GMT"
bool ScanFixdate(std::string_view text, Parts& parts) {
  Scanner scanner(text);
  scanner.Name(kDays);
  scanner.Literal(", ");
  parts.day = scanner.Digits(2);
  scanner.Literal(" ");
  parts.month = scanner.Name(kMonths);
  scanner.Literal(" ");
  parts.year = scanner.Digits(4);
  scanner.Literal(" ");
  ScanTime(scanner, parts);
  scanner.Literal(" GMT");
  return scanner.AtEnd();
}

// "Sunday, 06-Nov-94 08:49:37 GMT"
bool ScanRfc850(std::string_view text, Parts& parts, Time now) {
  Scanner scanner(text);
  scanner.Name(kLongDays);
  scanner.Literal(", ");
  parts.day = scanner.Digits(2);
  scanner.Literal("-");
  parts.month = scanner.Name(kMonths);
  scanner.Literal("-");
  const int two_digits = scanner.Digits(2);
  scanner.Literal(" ");
  ScanTime(scanner, parts);
  scanner.Literal(" GMT");
  if (!scanner.AtEnd()) return false;

  // RFC 9110, 5.6.7: what seems to be more than 50 years ahead is the latest such year in the past.
  const int this_year = static_cast<int>(year_month_day(std::chrono::floor<std::chrono::days>(now)).year());
  parts.year = this_year - this_year % 100 + two_digits;
  if (parts.year > this_year + 50) parts.year -= 100;
  if (parts.year <= this_year - 50) parts.year += 100;
  return true;
}

// "Sun Nov  6 08:49:37 1994"
bool ScanAsctime(std::string_view text, Parts& parts) {
  Scanner scanner(text);
  scanner.Name(kDays);
  scanner.Literal(" ");
  parts.month = scanner.Name(kMonths);
  scanner.Literal(" ");
  if (scanner.Next(' ')) {
    scanner.Literal(" ");
    parts.day = scanner.Digits(1);
  } else {
    parts.day = scanner.Digits(2);
  }
  scanner.Literal(" ");
  ScanTime(scanner, parts);
  scanner.Literal(" ");
  parts.year = scanner.Digits(4);
  return scanner.AtEnd();
}

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Time Now() const override { return std::chrono::floor<Millis>(std::chrono::system_clock::now()); }
};

}  // namespace

const Clock& Clock::System() {
  static const SystemClock clock;
  return clock;
}

std::optional<Time> ParseHttpDate(std::string_view text, Time now) {
  Parts parts;
  if (!ScanFixdate(text, parts) && !ScanRfc850(text, parts, now) && !ScanAsctime(text, parts)) return std::nullopt;

  // A leap second is taken for the second after it.
  if (parts.hour > 23 || parts.minute > 59 || parts.second > 60) return std::nullopt;
  const year_month_day date{std::chrono::year(parts.year), std::chrono::month(static_cast<unsigned>(parts.month) + 1),
                            std::chrono::day(static_cast<unsigned>(parts.day))};
  if (!date.ok()) return std::nullopt;
  return sys_days(date) + std::chrono::hours(parts.hour) + std::chrono::minutes(parts.minute) + Seconds(parts.second);
}

std::string FormatHttpDate(Time time) {
  constexpr Time kFirst = sys_days(year_month_day{std::chrono::year(0), std::chrono::January, std::chrono::day(1)});
  constexpr Time kLast =
      sys_days(year_month_day{std::chrono::year(9999), std::chrono::December, std::chrono::day(31)}) +
      std::chrono::hours(23) + std::chrono::minutes(59) + Seconds(59);
  time = std::clamp(time, kFirst, kLast);
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<Seconds>(time - day));
  char text[40];
  const int length =
      std::snprintf(text, sizeof text, "%.3s, %02u %.3s %04d %02d:%02d:%02d GMT",
                    kDays[std::chrono::weekday(day).c_encoding()].data(), static_cast<unsigned>(date.day()),
                    kMonths[static_cast<unsigned>(date.month()) - 1].data(), static_cast<int>(date.year()),
                    static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                    static_cast<int>(clock.seconds().count()));
  return {text, static_cast<size_t>(length)};
}

}  // namespace verge::cache
