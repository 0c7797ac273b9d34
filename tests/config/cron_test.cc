#include "config/cron.h"

#include <gtest/gtest.h>

#include <format>
#include <string>
#include <vector>

namespace verge::config {
namespace {

using std::chrono::sys_days;
using std::chrono::year_month_day;

Minute At(int year, unsigned month, unsigned day, int hour = 0, int minute = 0) {
  return sys_days(year_month_day(std::chrono::year(year), std::chrono::month(month), std::chrono::day(day))) +
         std::chrono::hours(hour) + std::chrono::minutes(minute);
}

// The next `count` times, "YYYY-MM-DD HH:MM" each; "none" at the end if there are no more.
std::string Times(std::string_view text, Minute from, int count = 3) {
  auto cron = ParseCron(text);
  if (!cron) return cron.error();
  std::string out;
  for (int i = 0; i < count; ++i) {
    const auto next = cron->Next(from);
    if (!out.empty()) out += ", ";
    if (!next) return out + "none";
    EXPECT_TRUE(cron->Matches(*next));
    out += std::format("{:%F %R}", *next);
    from = *next;
  }
  return out;
}

constexpr int kYear = 2026;  // begins on a Thursday

TEST(CronTest, Plain) {
  const Minute start = At(kYear, 1, 1);
  EXPECT_EQ(Times("* * * * *", start), "2026-01-01 00:01, 2026-01-01 00:02, 2026-01-01 00:03");
  EXPECT_EQ(Times("*/30 * * * *", start), "2026-01-01 00:30, 2026-01-01 01:00, 2026-01-01 01:30");
  EXPECT_EQ(Times("45 * * * *", start), "2026-01-01 00:45, 2026-01-01 01:45, 2026-01-01 02:45");
  EXPECT_EQ(Times("0 15 1 * *", start), "2026-01-01 15:00, 2026-02-01 15:00, 2026-03-01 15:00");
  EXPECT_EQ(Times("5,10-12 0 1 1 *", start, 5),
            "2026-01-01 00:05, 2026-01-01 00:10, 2026-01-01 00:11, 2026-01-01 00:12, 2027-01-01 00:05");
  EXPECT_EQ(Times("50/4 0 * * *", start), "2026-01-01 00:50, 2026-01-01 00:54, 2026-01-01 00:58");
  EXPECT_EQ(Times("1-10/4 0 * * *", start, 4),
            "2026-01-01 00:01, 2026-01-01 00:05, 2026-01-01 00:09, 2026-01-02 00:01");
  EXPECT_EQ(Times("0 22-1 * * *", start, 4), "2026-01-01 01:00, 2026-01-01 22:00, 2026-01-01 23:00, 2026-01-02 00:00");
}

TEST(CronTest, NamesAndDaysOfTheWeek) {
  const Minute start = At(kYear, 1, 1);
  EXPECT_EQ(Times("0 17 * * sun", start), "2026-01-04 17:00, 2026-01-11 17:00, 2026-01-18 17:00");
  // Sunday is 1.
  EXPECT_EQ(Times("0 17 * * 1", start), "2026-01-04 17:00, 2026-01-11 17:00, 2026-01-18 17:00");
  EXPECT_EQ(Times("10 7 * * mon-fri", start, 4),
            "2026-01-01 07:10, 2026-01-02 07:10, 2026-01-05 07:10, 2026-01-06 07:10");
  EXPECT_EQ(Times("0 0 * * FRI-MON", start, 5),
            "2026-01-02 00:00, 2026-01-03 00:00, 2026-01-04 00:00, 2026-01-05 00:00, 2026-01-09 00:00");
  EXPECT_EQ(Times("0 0 1 jan,JUL ?", start), "2026-07-01 00:00, 2027-01-01 00:00, 2027-07-01 00:00");
  EXPECT_EQ(Times("0 0 * * L", start), "2026-01-03 00:00, 2026-01-10 00:00, 2026-01-17 00:00");
}

TEST(CronTest, EitherDay) {
  EXPECT_EQ(Times("0 0 13 * FRI", At(kYear, 2, 5), 4),
            "2026-02-06 00:00, 2026-02-13 00:00, 2026-02-20 00:00, 2026-02-27 00:00");
  EXPECT_EQ(Times("0 0 10 * FRI", At(kYear, 2, 5), 3), "2026-02-06 00:00, 2026-02-10 00:00, 2026-02-13 00:00");
}

TEST(CronTest, EndsOfMonths) {
  const Minute start = At(kYear, 1, 1);
  EXPECT_EQ(Times("59 23 L * *", start), "2026-01-31 23:59, 2026-02-28 23:59, 2026-03-31 23:59");
  EXPECT_EQ(Times("0 0 L-2 2 *", start), "2026-02-26 00:00, 2027-02-26 00:00, 2028-02-27 00:00");
  // The 31st of January is a Saturday, the 28th of February one, too, the 31st of May a Sunday.
  EXPECT_EQ(Times("59 23 LW * *", start, 5),
            "2026-01-30 23:59, 2026-02-27 23:59, 2026-03-31 23:59, 2026-04-30 23:59, 2026-05-29 23:59");
  EXPECT_EQ(Times("0 18 * * 6L", start), "2026-01-30 18:00, 2026-02-27 18:00, 2026-03-27 18:00");
  EXPECT_EQ(Times("0 18 * * friL", start, 1), "2026-01-30 18:00");
  EXPECT_EQ(Times("0 0 29 2 *", start, 2), "2028-02-29 00:00, 2032-02-29 00:00");
  EXPECT_EQ(Times("0 0 29 2 *", At(2097, 1, 1), 1), "2104-02-29 00:00");
  EXPECT_EQ(Times("0 0 30 2 *", start, 1), "none");
}

TEST(CronTest, NearestWeekdays) {
  const Minute start = At(kYear, 1, 1);
  // Saturday the 3rd: Friday; Sunday the 15th of February: Monday.
  EXPECT_EQ(Times("0 0 3W 1 *", start, 1), "2026-01-02 00:00");
  EXPECT_EQ(Times("0 0 15W 2 *", start, 1), "2026-02-16 00:00");
  EXPECT_EQ(Times("0 0 14W 1 *", start, 1), "2026-01-14 00:00");
  // Not out of the month: the 1st of August 2026 is a Saturday, the 31st of May a Sunday.
  EXPECT_EQ(Times("0 0 1W 8 *", start, 1), "2026-08-03 00:00");
  EXPECT_EQ(Times("0 0 31W 5 *", start, 1), "2026-05-29 00:00");
}

TEST(CronTest, NthDays) {
  const Minute start = At(kYear, 1, 1);
  EXPECT_EQ(Times("0 0 * * MON#1", start), "2026-01-05 00:00, 2026-02-02 00:00, 2026-03-02 00:00");
  EXPECT_EQ(Times("0 0 * * 5#5", start), "2026-01-29 00:00, 2026-04-30 00:00, 2026-07-30 00:00");
}

TEST(CronTest, Wrong) {
  EXPECT_EQ(ParseCron("").error(),
            "a cron expression has five fields (minute, hour, day of the month, month, day of the week); this has 0");
  EXPECT_EQ(ParseCron("* * * * * *").error().substr(0, 37), "a cron expression has five fields (mi");
  EXPECT_EQ(ParseCron("60 * * * *").error(), "'60' is not a minute (from 0 to 59)");
  EXPECT_EQ(ParseCron("* 24 * * *").error(), "'24' is not a hour (from 0 to 23)");
  for (const char* text : {"* * 0 * *",   "* * 32 * *",  "* * * 13 *",   "* * * * 0",   "* * * * 8",
                           "*/0 * * * *", "*/x * * * *", "1- * * * *",   ", * * * *",   "* * L-31 * *",
                           "* * W * *",   "* * 32W * *", "* * * * 1#6",  "* * * * 1#0", "* * * * XL",
                           "* * * foo *", "-1 * * * *",  "1,,2 * * * *", "1/ * * * *",  "99999999999999999999 * * * *",
                           "* * ? ? *"}) {
    EXPECT_FALSE(ParseCron(text)) << text;
  }
  EXPECT_FALSE(ParseCron(std::string(1000, '1') + " * * * *"));
}

}  // namespace
}  // namespace verge::config
