#include "cli/schedule/schedule.h"

#include <gtest/gtest.h>

#include <format>

namespace verge::cli {
namespace {

using std::chrono::minutes;

const config::Minute kNoon{std::chrono::sys_days(std::chrono::year(2026) / 1 / 1) + std::chrono::hours(12)};

std::string Taken(Schedule& schedule, config::Minute now) {
  std::string out;
  for (const Schedule::Due& due : schedule.Take(now)) {
    EXPECT_EQ(due.minute, now);
    out += std::format("{}{}:{}", out.empty() ? "" : " ", due.worker, due.cron);
  }
  return out;
}

TEST(ScheduleTest, EachMinuteOnce) {
  Schedule schedule;
  schedule.Add(0, "* * * * *");
  schedule.Add(1, "*/2 * * * *");
  schedule.Add(1, "no cron");
  // The minute of the start has begun already.
  EXPECT_EQ(Taken(schedule, kNoon), "");
  EXPECT_EQ(Taken(schedule, kNoon), "");
  EXPECT_EQ(Taken(schedule, kNoon + minutes(1)), "0:* * * * *");
  EXPECT_EQ(Taken(schedule, kNoon + minutes(1)), "");
  EXPECT_EQ(Taken(schedule, kNoon + minutes(2)), "0:* * * * * 1:*/2 * * * *");
}

TEST(ScheduleTest, ClocksThatAreSet) {
  Schedule schedule;
  schedule.Add(0, "* * * * *");
  EXPECT_EQ(Taken(schedule, kNoon), "");
  // Forward, or the machine slept: what was missed is missed.
  EXPECT_EQ(Taken(schedule, kNoon + minutes(30)), "0:* * * * *");
  // Back: what has run does not run again.
  EXPECT_EQ(Taken(schedule, kNoon + minutes(10)), "");
  EXPECT_EQ(Taken(schedule, kNoon + minutes(30)), "");
  EXPECT_EQ(Taken(schedule, kNoon + minutes(31)), "0:* * * * *");
  // By days: it had been wrong.
  EXPECT_EQ(Taken(schedule, kNoon - minutes(3000)), "0:* * * * *");
}

}  // namespace
}  // namespace verge::cli
