#include "kv/cache.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/kv/fixture.h"

namespace verge::kv {
namespace {

class CacheTest : public ::testing::Test {
 protected:
  std::string Find(uint64_t state, std::string_view key) {
    ValuePtr value;
    if (!cache_.Find(space_, state, key, &value)) return "unknown";
    return value ? value->Join() : "nothing";
  }
  void Move(uint64_t to) {
    cache_.BeginChange(space_);
    cache_.EndChange(space_, to);
  }

  Cache cache_{1 << 20};
  Cache::Space space_;
};

TEST_F(CacheTest, KnowsWhatWasFilledInTheSameState) {
  Move(7);
  EXPECT_EQ(Find(7, "a"), "unknown");
  cache_.Fill(space_, 7, "a", MakeValue("1"));
  cache_.Fill(space_, 7, "b", nullptr);
  EXPECT_EQ(Find(7, "a"), "1");
  EXPECT_EQ(Find(7, "b"), "nothing");
  // In any other state nothing is known.
  EXPECT_EQ(Find(8, "a"), "unknown");
  cache_.Fill(space_, 8, "c", MakeValue("2"));
  EXPECT_EQ(Find(7, "c"), "unknown");
}

TEST_F(CacheTest, ChangesAreSeenOnlyWhenAllOfThemAre) {
  Move(7);
  cache_.Fill(space_, 7, "a", MakeValue("1"));
  cache_.Fill(space_, 7, "b", MakeValue("1"));
  cache_.Fill(space_, 7, "c", MakeValue("1"));
  cache_.BeginChange(space_);
  cache_.Change(space_, "a", MakeValue("2"));
  EXPECT_EQ(Find(7, "a"), "unknown");
  EXPECT_EQ(Find(8, "a"), "unknown");
  // A reader of the old state comes late.
  cache_.Fill(space_, 7, "b", MakeValue("stale"));
  cache_.Forget(space_, "b");
  cache_.EndChange(space_, 8);
  EXPECT_EQ(Find(8, "a"), "2");
  EXPECT_EQ(Find(8, "b"), "unknown");
  EXPECT_EQ(Find(8, "c"), "1");
  cache_.Fill(space_, 7, "b", MakeValue("stale"));
  EXPECT_EQ(Find(8, "b"), "unknown");
}

TEST_F(CacheTest, ForgetsAllAtOnce) {
  Move(7);
  cache_.Fill(space_, 7, "a", MakeValue("1"));
  cache_.BeginChange(space_);
  cache_.ForgetAll(space_);
  cache_.EndChange(space_, 8);
  EXPECT_EQ(Find(8, "a"), "unknown");
  cache_.Fill(space_, 8, "a", MakeValue("2"));
  EXPECT_EQ(Find(8, "a"), "2");
}

TEST_F(CacheTest, SpacesAreApart) {
  Cache::Space other;
  Move(7);
  cache_.BeginChange(other);
  cache_.EndChange(other, 7);
  cache_.Fill(space_, 7, "a", MakeValue("1"));
  ValuePtr value;
  EXPECT_FALSE(cache_.Find(other, 7, "a", &value));
  cache_.Fill(other, 7, "a", MakeValue("2"));
  EXPECT_EQ(Find(7, "a"), "1");
  cache_.Remove(other);
  EXPECT_EQ(other.bytes(), 0);
  EXPECT_EQ(Find(7, "a"), "1");
}

TEST_F(CacheTest, IsBoundedAndKeepsWhatIsUsed) {
  Move(7);
  cache_.Fill(space_, 7, "hot", MakeValue("1"));
  for (int i = 0; i < 20'000; ++i) {
    cache_.Fill(space_, 7, "key" + std::to_string(i), MakeValue(std::string(100, 'x')));
    if (i % 10 == 0) EXPECT_EQ(Find(7, "hot"), "1") << i;
  }
  EXPECT_LE(space_.bytes(), 1 << 20);
  EXPECT_GT(space_.bytes(), 1 << 19);
  EXPECT_EQ(Find(7, "key0"), "unknown");
  EXPECT_EQ(Find(7, "key19999"), std::string(100, 'x'));
  // What is too long is not kept, and what was known of the key is forgotten.
  cache_.BeginChange(space_);
  cache_.Change(space_, "hot", MakeValue(std::string(cache_.max_value_bytes() + 1, 'x')));
  cache_.EndChange(space_, 8);
  EXPECT_EQ(Find(8, "hot"), "unknown");
  cache_.Remove(space_);
  EXPECT_EQ(space_.bytes(), 0);
}

TEST_F(CacheTest, ManyThreads) {
  Move(1);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 5'000; ++i) {
        const std::string key = "k" + std::to_string(i % 50);
        uint64_t state = space_.stamp();
        ValuePtr value;
        if (state != 0 && cache_.Find(space_, state, key, &value) && value) EXPECT_EQ(value->Join(), key);
        cache_.Fill(space_, state, key, MakeValue(key));
        if (t == 0 && i % 100 == 0) {
          cache_.BeginChange(space_);
          cache_.Forget(space_, key);
          cache_.EndChange(space_, static_cast<uint64_t>(i) + 2);
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace verge::kv
