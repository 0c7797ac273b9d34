#include "config/cron.h"

#include <array>
#include <charconv>
#include <format>
#include <span>
#include <vector>

#include "config/problem.h"

namespace verge::config {
namespace {

using std::chrono::day;
using std::chrono::days;
using std::chrono::last;
using std::chrono::sys_days;
using std::chrono::weekday;
using std::chrono::year_month_day;

constexpr size_t kMaxLength = 256;
constexpr std::array<std::string_view, 12> kMonths = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                      "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kWeekdays = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

// One of the five, with the numbers that it takes. Names count from `min`.
struct Field {
  std::string_view name;
  int min;
  int max;
  std::span<const std::string_view> names;
};
constexpr Field kMinute{"minute", 0, 59, {}};
constexpr Field kHour{"hour", 0, 23, {}};
constexpr Field kDay{"day of the month", 1, 31, {}};
constexpr Field kMonth{"month", 1, 12, kMonths};
constexpr Field kWeekday{"day of the week", 1, 7, kWeekdays};

std::string Upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

std::optional<int> Number(std::string_view text) {
  int out = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, out);
  if (text.empty() || error != std::errc() || rest != end) return std::nullopt;
  return out;
}

std::optional<int> ValueOf(const Field& field, std::string_view text) {
  for (size_t i = 0; i < field.names.size(); ++i) {
    if (text == field.names[i]) return field.min + static_cast<int>(i);
  }
  const std::optional<int> number = Number(text);
  if (!number || *number < field.min || *number > field.max) return std::nullopt;
  return number;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  for (;;) {
    const size_t end = text.find(separator);
    out.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

bool IsWeekend(sys_days day) {
  const unsigned of_week = weekday(day).c_encoding();
  return of_week == 0 || of_week == 6;
}

// The weekday nearest to `day` in its month.
sys_days NearestWeekday(sys_days day) {
  const year_month_day date(day);
  const weekday of_week(day);
  if (of_week == std::chrono::Saturday) return date.day() == std::chrono::day(1) ? day + days(2) : day - days(1);
  if (of_week != std::chrono::Sunday) return day;
  const bool is_last = sys_days(date.year() / date.month() / last) == day;
  return is_last ? day - days(2) : day + days(1);
}

}  // namespace

class CronParser {
 public:
  std::expected<Cron, std::string> Parse(std::string_view text) {
    if (text.size() > kMaxLength) return std::unexpected("it is too long");
    const std::string upper = Upper(text);
    std::vector<std::string_view> fields;
    for (const std::string_view word : Split(upper, ' ')) {
      if (!word.empty()) fields.push_back(word);
    }
    if (fields.size() != 5) {
      return std::unexpected(std::format(
          "a cron expression has five fields (minute, hour, day of the month, month, day of the week); this has {}",
          fields.size()));
    }
    Plain(kMinute, fields[0], [this](int value) { out_.minutes_.set(static_cast<size_t>(value)); });
    Plain(kHour, fields[1], [this](int value) { out_.hours_.set(static_cast<size_t>(value)); });
    Plain(kMonth, fields[3], [this](int value) { out_.months_.set(static_cast<size_t>(value)); });
    Days(fields[2]);
    Weekdays(fields[4]);
    if (!error_.empty()) return std::unexpected(error_);
    return out_;
  }

 private:
  void Wrong(const Field& field, std::string_view part) {
    if (error_.empty()) {
      error_ = std::format("{} is not a {} (from {} to {})", Quoted(part), field.name, field.min, field.max);
    }
  }

  // "5", "1-5", "*/2", "1-10/3", "MON".
  template <typename Set>
  void Part(const Field& field, std::string_view part, const Set& set) {
    int step = 1;
    std::string_view range = part;
    const size_t slash = part.find('/');
    if (slash != std::string_view::npos) {
      const std::optional<int> given = Number(part.substr(slash + 1));
      if (!given || *given < 1 || *given > field.max) return Wrong(field, part);
      step = *given;
      range = part.substr(0, slash);
    }
    int first = field.min;
    int end = field.max;
    if (range != "*") {
      const size_t dash = range.find('-');
      const std::optional<int> from = ValueOf(field, range.substr(0, dash));
      std::optional<int> to = from;
      if (dash != std::string_view::npos) {
        to = ValueOf(field, range.substr(dash + 1));
      } else if (slash != std::string_view::npos) {
        to = field.max;  // "5/10" begins at 5
      }
      if (!from || !to) return Wrong(field, part);
      first = *from;
      end = *to;
    }
    if (first <= end) {
      for (int value = first; value <= end; value += step) set(value);
      return;
    }
    // Around the end: "FRI-MON", "22-4".
    const int count = field.max - field.min + 1;
    for (int value = first; value <= end + count; value += step) {
      set(value > field.max ? value - count : value);
    }
  }

  template <typename Set>
  void Plain(const Field& field, std::string_view text, const Set& set) {
    for (const std::string_view part : Split(text, ',')) Part(field, part, set);
  }

  void Days(std::string_view text) {
    out_.any_day_ = text == "*" || text == "?";
    if (out_.any_day_) return;
    for (const std::string_view part : Split(text, ',')) {
      if (part == "LW" || part == "WL") {
        out_.last_weekday_of_month_ = true;
      } else if (part == "L") {
        out_.days_from_last_.set(0);
      } else if (part.starts_with("L-")) {
        const std::optional<int> before = Number(part.substr(2));
        if (!before || *before < 0 || *before > 30) return Wrong(kDay, part);
        out_.days_from_last_.set(static_cast<size_t>(*before));
      } else if (part.ends_with('W')) {
        const std::optional<int> near = ValueOf(kDay, part.substr(0, part.size() - 1));
        if (!near) return Wrong(kDay, part);
        out_.nearest_weekdays_.set(static_cast<size_t>(*near));
      } else {
        Part(kDay, part, [this](int value) { out_.days_.set(static_cast<size_t>(value)); });
      }
    }
  }

  void Weekdays(std::string_view text) {
    out_.any_weekday_ = text == "*" || text == "?";
    if (out_.any_weekday_) return;
    for (const std::string_view part : Split(text, ',')) {
      const size_t hash = part.find('#');
      if (hash != std::string_view::npos) {
        const std::optional<int> of_week = ValueOf(kWeekday, part.substr(0, hash));
        const std::optional<int> nth = Number(part.substr(hash + 1));
        if (!of_week || !nth || *nth < 1 || *nth > 5) return Wrong(kWeekday, part);
        out_.nth_weekdays_.set(static_cast<size_t>((*of_week - 1) * 6 + *nth));
      } else if (part == "L") {
        out_.weekdays_.set(6);  // the week's last day
      } else if (part.ends_with('L')) {
        const std::optional<int> of_week = ValueOf(kWeekday, part.substr(0, part.size() - 1));
        if (!of_week) return Wrong(kWeekday, part);
        out_.last_weekdays_.set(static_cast<size_t>(*of_week - 1));
      } else {
        Part(kWeekday, part, [this](int value) { out_.weekdays_.set(static_cast<size_t>(value - 1)); });
      }
    }
  }

  Cron out_;
  std::string error_;
};

bool Cron::MatchesDay(sys_days today) const {
  const year_month_day date(today);
  if (!months_[static_cast<unsigned>(date.month())]) return false;
  const unsigned of_month = static_cast<unsigned>(date.day());
  const unsigned of_week = weekday(today).c_encoding();
  const sys_days last_day = date.year() / date.month() / last;
  const auto until_last = static_cast<size_t>((last_day - today).count());

  const auto fits_day = [&] {
    if (days_[of_month] || days_from_last_[until_last]) return true;
    if (IsWeekend(today)) return false;
    if (last_weekday_of_month_ && NearestWeekday(last_day) == today) return true;
    // A day that is nearest to this weekday is at most two away.
    for (int offset = -2; offset <= 2; ++offset) {
      const year_month_day near(today + days(offset));
      if (near.month() != date.month() || !nearest_weekdays_[static_cast<unsigned>(near.day())]) continue;
      if (NearestWeekday(today + days(offset)) == today) return true;
    }
    return false;
  };
  const auto fits_weekday = [&] {
    return weekdays_[of_week] || (last_weekdays_[of_week] && until_last < 7) ||
           nth_weekdays_[of_week * 6 + (of_month + 6) / 7];
  };
  if (any_day_ && any_weekday_) return true;
  if (any_day_) return fits_weekday();
  if (any_weekday_) return fits_day();
  return fits_day() || fits_weekday();
}

bool Cron::Matches(Minute minute) const {
  const sys_days today = std::chrono::floor<days>(minute);
  const auto of_day = static_cast<size_t>((minute - today).count());
  return minutes_[of_day % 60] && hours_[of_day / 60] && MatchesDay(today);
}

std::optional<Minute> Cron::Next(Minute from) const {
  // Eight years have a 29th of February, also around 2100.
  constexpr int kMaxDays = 8 * 366 + 1;
  Minute minute = from + std::chrono::minutes(1);
  sys_days today = std::chrono::floor<days>(minute);
  for (int i = 0; i < kMaxDays; ++i, today += days(1), minute = Minute(today)) {
    if (!MatchesDay(today)) continue;
    for (; minute < today + days(1); minute += std::chrono::minutes(1)) {
      const auto of_day = static_cast<size_t>((minute - today).count());
      if (minutes_[of_day % 60] && hours_[of_day / 60]) return minute;
    }
  }
  return std::nullopt;
}

std::expected<Cron, std::string> ParseCron(std::string_view text) { return CronParser().Parse(text); }

}  // namespace verge::config
