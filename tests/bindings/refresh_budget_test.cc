// How many refreshes of stale entries may be under way.
#include "bindings/cache/refresh_budget.h"

#include <gtest/gtest.h>

#include <vector>

namespace verge::bindings {
namespace {

using Place = RefreshBudget::Place;

constexpr cache::Time kNow{cache::Millis(1'000'000)};

// As many as there are.
std::vector<Place> TakeAll(RefreshBudget& budget, cache::Time now) {
  std::vector<Place> places;
  while (auto place = budget.TryTake(now)) places.push_back(*std::move(place));
  return places;
}

TEST(RefreshBudget, PlacesAreGivenBack) {
  RefreshBudget budget(3);
  std::vector<Place> places = TakeAll(budget, kNow);
  EXPECT_EQ(places.size(), 3u);
  places.pop_back();
  EXPECT_TRUE(budget.TryTake(kNow));
  places.clear();
  EXPECT_EQ(TakeAll(budget, kNow).size(), 3u);
}

TEST(RefreshBudget, APlaceIsMoved) {
  RefreshBudget budget(1);
  Place empty;
  {
    Place taken = *budget.TryTake(kNow);
    empty = std::move(taken);
  }
  EXPECT_FALSE(budget.TryTake(kNow));
  empty = Place();
  EXPECT_TRUE(budget.TryTake(kNow));
}

TEST(RefreshBudget, TheOneAboveBoundsAll) {
  auto above = std::make_shared<RefreshBudget>(5);
  RefreshBudget one(3, above);
  RefreshBudget other(3, above);
  std::vector<Place> of_one = TakeAll(one, kNow);
  EXPECT_EQ(of_one.size(), 3u);
  std::vector<Place> of_other = TakeAll(other, kNow);
  EXPECT_EQ(of_other.size(), 2u);
  // What was refused above holds no place below.
  of_one.clear();
  of_other.push_back(*other.TryTake(kNow));
  EXPECT_FALSE(other.TryTake(kNow));
  EXPECT_EQ(TakeAll(one, kNow).size(), 2u);
}

TEST(RefreshBudget, WhatTakesTooLongCountsNoMore) {
  RefreshBudget budget(2);
  std::vector<Place> slow = TakeAll(budget, kNow);
  EXPECT_FALSE(budget.TryTake(kNow + RefreshBudget::kLongest - cache::Millis(1)));
  std::vector<Place> next = TakeAll(budget, kNow + RefreshBudget::kLongest);
  EXPECT_EQ(next.size(), 2u);
  // Its end gives nobody else's place away.
  slow.clear();
  EXPECT_FALSE(budget.TryTake(kNow + RefreshBudget::kLongest));
}

TEST(RefreshBudget, PlacesOutliveIt) {
  std::vector<Place> places;
  {
    RefreshBudget budget(2, std::make_shared<RefreshBudget>(2));
    places = TakeAll(budget, kNow);
  }
  EXPECT_EQ(places.size(), 2u);
  places.clear();
}

}  // namespace
}  // namespace verge::bindings
