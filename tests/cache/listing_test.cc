// Looking through an owner's entries page by page.
#include "cache/listing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/cache/disk_fixture.h"

namespace verge::cache {
namespace {

class ListingTest : public DiskTest {
 protected:
  ListPage Page(ListRequest request, std::string_view owner = "owner") {
    std::optional<ListPage> got;
    service_->List(owner, std::move(request), executor_, [&](ListPage page) { got = std::move(page); });
    executor_->RunUntil([&] { return got.has_value(); });
    return got.value_or(ListPage{});
  }
  // All pages, one after the other.
  std::vector<ListedEntry> All(size_t limit, std::string contains = {}, std::string_view owner = "owner") {
    std::vector<ListedEntry> all;
    ListRequest request{.contains = std::move(contains), .from = 0, .limit = limit};
    for (int pages = 0; pages < 10'000; ++pages) {
      ListPage page = Page(request, owner);
      std::ranges::move(page.entries, std::back_inserter(all));
      if (!page.next) return all;
      EXPECT_GT(*page.next, request.from);
      request.from = *page.next;
    }
    ADD_FAILURE() << "no end";
    return all;
  }
  static std::vector<std::string> Keys(const std::vector<ListedEntry>& entries) {
    std::vector<std::string> keys;
    for (const ListedEntry& entry : entries) keys.push_back(entry.key);
    std::ranges::sort(keys);
    return keys;
  }
};

TEST_F(ListingTest, SaysWhatIsKnownOfAnEntry) {
  Open();
  StoreRequest request = MakeStore("k");
  request.metadata.status = 404;
  request.metadata.tags = {"a", "b"};
  request.metadata.url = "https://example.com/x";
  request.metadata.lifetime.stale_while_revalidate = Seconds(7);
  const EntryRef stored = space_->Put(std::move(request), http::Bytes::Copy("12345"));
  ASSERT_TRUE(stored);
  const auto all = All(10);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].name, "name");
  EXPECT_EQ(all[0].key, "k");
  EXPECT_EQ(all[0].url, "https://example.com/x");
  EXPECT_EQ(all[0].status, 404);
  EXPECT_EQ(all[0].bytes, 5u);
  EXPECT_EQ(all[0].tags, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(all[0].lifetime.stale_while_revalidate, Seconds(7));
  EXPECT_EQ(all[0].sequence, stored->sequence());
  EXPECT_TRUE(all[0].in_memory);
  EXPECT_FALSE(all[0].on_disk);
  EXPECT_FALSE(all[0].invalidated);
}

TEST_F(ListingTest, OnlyTheOwnersEntriesOfAllItsNames) {
  Open();
  Put("mine", "1");
  service_->Open("owner", "other name")->Put(MakeStore("mine too"), http::Bytes::Copy("2"));
  service_->Open("somebody", "name")->Put(MakeStore("not mine"), http::Bytes::Copy("3"));
  EXPECT_EQ(Keys(All(10)), (std::vector<std::string>{"mine", "mine too"}));
  EXPECT_EQ(Keys(All(10, {}, "somebody")), (std::vector<std::string>{"not mine"}));
  EXPECT_TRUE(All(10, {}, "nobody").empty());
}

TEST_F(ListingTest, PagesMissNothingAndRepeatNothing) {
  Open();
  std::vector<std::string> keys;
  for (int i = 0; i < 500; ++i) keys.push_back("https://example.com/" + std::to_string(i));
  for (const std::string& key : keys) Put(key, "v");
  std::ranges::sort(keys);
  for (const size_t limit : {1u, 7u, 499u, 500u, 1000u}) EXPECT_EQ(Keys(All(limit)), keys) << limit;
  EXPECT_EQ(Page({.limit = 7}).entries.size(), 7u);
}

TEST_F(ListingTest, MoreThanOnePageLooksAt) {
  Open();
  const size_t count = kMostLookedAt * 2 + 10;
  for (size_t i = 0; i < count; ++i) Put("key " + std::to_string(i), "v");
  EXPECT_EQ(All(100'000).size(), count);
  // What is rare is found, though pages without it come before.
  EXPECT_EQ(Keys(All(10, "key 1234")), (std::vector<std::string>{"key 1234"}));
  EXPECT_TRUE(All(10, "nowhere").empty());
}

TEST_F(ListingTest, VariantsStayTogether) {
  Open();
  for (const char* value : {"a", "b", "c"}) {
    StoreRequest request = MakeStore("k", {{"Vary", "X"}});
    const std::vector<HeaderField> selecting = {{"X", value}};
    request.metadata.vary = MakeVaryKey(selecting, request.metadata.fields.view());
    ASSERT_TRUE(space_->Put(std::move(request), http::Bytes::Copy(value)));
  }
  const ListPage page = Page({.limit = 1});
  EXPECT_EQ(page.entries.size(), 3u);
  EXPECT_FALSE(page.next);
}

TEST_F(ListingTest, WhatIsPurgedIsNotListed) {
  Open();
  StoreRequest request = MakeStore("tagged");
  request.metadata.tags = {"t"};
  space_->Put(std::move(request), http::Bytes::Copy("v"));
  Put("soft", "v");
  Put("removed", "v");
  service_->Purge("owner", {.kind = PurgeKind::kTag, .text = "t"});
  service_->Purge("owner", {.kind = PurgeKind::kPrefix, .text = "soft", .soft = true});
  space_->Remove("removed");
  const auto all = All(10);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].key, "soft");
  EXPECT_TRUE(all[0].invalidated);
}

TEST_F(ListingTest, BothTiersMakeOneList) {
  OpenDisk();
  std::vector<std::string> keys;
  for (int i = 0; i < 300; ++i) keys.push_back("before " + std::to_string(i));
  for (const std::string& key : keys) Put(key, "v");
  service_->Flush();
  for (const ListedEntry& entry : All(50)) EXPECT_TRUE(entry.in_memory && entry.on_disk) << entry.key;
  Restart();
  for (const ListedEntry& entry : All(50)) EXPECT_TRUE(!entry.in_memory && entry.on_disk) << entry.key;
  // Some come back to memory, some are replaced, some are new.
  EXPECT_EQ(Text("before 5"), "v");
  Put("before 6", "longer");
  for (int i = 0; i < 300; ++i) {
    keys.push_back("after " + std::to_string(i));
    Put(keys.back(), "v");
  }
  std::ranges::sort(keys);
  for (const size_t limit : {10u, 100'000u}) {
    const auto all = All(limit);
    EXPECT_EQ(Keys(all), keys);
    const auto at = [&](std::string_view key) { return *std::ranges::find(all, key, &ListedEntry::key); };
    EXPECT_TRUE(at("before 5").in_memory && at("before 5").on_disk);
    EXPECT_EQ(at("before 6").bytes, 6u);
    EXPECT_FALSE(at("before 7").in_memory);
  }
  service_->Flush();
  EXPECT_EQ(Keys(All(10)), keys);
}

TEST_F(ListingTest, OthersOnDiskAreStrangers) {
  OpenDisk();
  // So many that pages of them come between one's own entries.
  auto somebody = service_->Open("somebody", "name");
  for (size_t i = 0; i < kMostLookedAt * 2; ++i) somebody->Put(MakeStore("x" + std::to_string(i)), http::Bytes());
  Put("mine", "v");
  service_->Flush();
  Restart();
  EXPECT_EQ(Keys(All(10)), (std::vector<std::string>{"mine"}));
}

TEST_F(ListingTest, LargeBodiesOnTheirWayToDisk) {
  OpenDisk();
  ASSERT_TRUE(Stream("large", Pattern(9'000'000)));
  auto all = All(10);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].bytes, 9'000'000u);
  service_->Flush();
  all = All(10);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].bytes, 9'000'000u);
  EXPECT_TRUE(all[0].on_disk);
}

TEST(MergeParts, TheLatestOfTwoCounts) {
  const auto item = [](uint64_t position, std::string key, uint64_t sequence, bool memory) {
    ListedEntry entry;
    entry.key = std::move(key);
    entry.sequence = sequence;
    (memory ? entry.in_memory : entry.on_disk) = true;
    return ListedPart::Item{position, std::move(entry)};
  };
  const ListPage page = MergeParts({}, {.items = {item(1, "a", 5, true), item(9, "c", 1, true)}, .end = {}},
                                   {.items = {item(1, "a", 4, false), item(2, "b", 3, false)}, .end = 9});
  ASSERT_EQ(page.entries.size(), 2u);
  EXPECT_EQ(page.entries[0].sequence, 5u);
  EXPECT_FALSE(page.entries[0].on_disk);
  EXPECT_EQ(page.entries[1].key, "b");
  // The disk has not been looked at from there on.
  EXPECT_EQ(page.next, 9u);
}

}  // namespace
}  // namespace verge::cache
