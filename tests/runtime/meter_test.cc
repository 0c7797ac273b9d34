// Counting without locks, and reading it from elsewhere.
#include "runtime/meter.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

namespace verge::runtime {
namespace {

TEST(DurationTally, EachValueFallsIntoOneRange) {
  DurationTally tally;
  tally.Add(0);
  tally.Add(DurationTally::kBounds[0]);  // the bound itself is in
  tally.Add(DurationTally::kBounds[0] + 1);
  tally.Add(UINT64_MAX / 2);
  EXPECT_EQ(tally.range(0), 2U);
  EXPECT_EQ(tally.range(1), 1U);
  EXPECT_EQ(tally.range(DurationTally::kBounds.size()), 1U);
  EXPECT_EQ(tally.sum_ns(), 2 * DurationTally::kBounds[0] + 1 + UINT64_MAX / 2);
}

TEST(Metering, AWorkerKeepsItsMeter) {
  Metering metering(2);
  WorkerMeter& first = metering.Of("shop", 0);
  first.events.Add(3);
  EXPECT_EQ(&metering.Of("shop", 0), &first);
  EXPECT_NE(&metering.Of("shop", 1), &first);
  EXPECT_NE(&metering.Of("blog", 0), &first);
  EXPECT_EQ(metering.Of("shop", 0).events.value(), 3U);
}

TEST(Metering, ThoseOfAWorkerComeOneAfterTheOther) {
  Metering metering(3);
  for (size_t shard : {2, 0, 1}) {
    for (const char* name : {"b", "a", "c"}) metering.Of(name, shard).events.Add(1);
  }
  std::vector<std::string> names;
  metering.ForEach([&](std::string_view name, const WorkerMeter&) { names.emplace_back(name); });
  EXPECT_EQ(names, (std::vector<std::string>{"a", "a", "a", "b", "b", "b", "c", "c", "c"}));
}

TEST(Metering, IsReadWhileItIsWritten) {
  Metering metering(1);
  constexpr uint64_t kCount = 20'000;
  std::thread shard([&] {
    for (uint64_t i = 0; i < kCount; ++i) {
      WorkerMeter& meter = metering.Of("w" + std::to_string(i % 50), 0);
      meter.events.Add();
      meter.outcomes[0].Add();
      metering.shard(0).requests.Add();
    }
  });
  uint64_t last = 0;
  while (last < kCount) {
    uint64_t sum = 0;
    metering.ForEach([&](std::string_view, const WorkerMeter& meter) { sum += meter.events.value(); });
    EXPECT_GE(sum, last);  // never back
    last = sum;
  }
  shard.join();
  EXPECT_EQ(metering.shard(0).requests.value(), kCount);
}

TEST(Metering, EachOutcomeHasAName) {
  std::set<std::string_view> names;
  for (size_t i = 0; i < kEventOutcomes; ++i) names.insert(NameOf(static_cast<EventOutcome>(i)));
  EXPECT_EQ(names.size(), kEventOutcomes);
  EXPECT_EQ(CacheOutcomeOf("HIT"), CacheOutcome::kHit);
  EXPECT_EQ(CacheOutcomeOf("UPDATING"), CacheOutcome::kStale);
  EXPECT_EQ(CacheOutcomeOf("EXPIRED"), CacheOutcome::kMiss);
  EXPECT_EQ(CacheOutcomeOf("DYNAMIC"), CacheOutcome::kOther);
}

}  // namespace
}  // namespace verge::runtime
