// The memory tier: who stays, how much, for whom, and what threads do to it.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "cache/s3_fifo.h"
#include "tests/cache/fixture.h"

namespace verge::cache {
namespace {

std::string Key(std::string_view prefix, int i) {
  return "https://example.com/" + std::string(prefix) + std::to_string(i);
}

class MemoryTest : public StoreTest {};

TEST_F(MemoryTest, FindsWhatWasPut) {
  Open();
  EntryRef entry = space_->Put(MakeStore("k", {{"ETag", "\"1\""}}), http::Bytes::Copy("body"));
  ASSERT_TRUE(entry);
  Found found = space_->Find("k", {});
  ASSERT_EQ(found.entry, entry);
  EXPECT_FALSE(found.invalidated);
  EXPECT_EQ(FindField(found.entry->fields(), "etag"), "\"1\"");
  EXPECT_EQ(found.entry->WholeBody()->view(), "body");
  EXPECT_EQ(Read(found.entry), "body");
  EXPECT_EQ(Read(found.entry, ByteRange{1, 3}), "od");
  EXPECT_FALSE(Has("K"));
  const Counters counters = service_->counters();
  EXPECT_EQ(counters.hits, 1u);
  EXPECT_EQ(counters.misses, 1u);
  EXPECT_EQ(counters.stores, 1u);
  EXPECT_EQ(counters.objects, 1u);
}

TEST_F(MemoryTest, OwnersAndNamesSeeOnlyTheirOwn) {
  Open();
  // Pairs that would be the same if owner and name were simply put together.
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {"a", "b"},   {"ab", ""},   {"", "ab"},   {"a", "bc"},
      {"ab", "c"},  {"1:a", "b"}, {"a1:", "b"}, {std::string("a\0", 2), "b"},
      {"../a", "b"}};
  for (const auto& [owner, name] : pairs) {
    service_->Open(owner, name)->Put(MakeStore("key"), http::Bytes::Copy(owner + "|" + name));
  }
  for (const auto& [owner, name] : pairs) {
    const Found found = service_->Open(owner, name)->Find("key", {});
    ASSERT_TRUE(found.entry);
    EXPECT_EQ(found.entry->WholeBody()->view(), owner + "|" + name);
  }
  service_->Open("a", "b")->Remove("key");
  EXPECT_FALSE(service_->Open("a", "b")->Find("key", {}).entry);
  EXPECT_TRUE(service_->Open("a", "bc")->Find("key", {}).entry);
}

TEST_F(MemoryTest, ANewEntryReplacesTheOneOfItsVariant) {
  Open();
  const auto put = [&](std::string_view language, std::string_view body) {
    StoreRequest request = MakeStore("k", {{"Vary", "X-Language"}});
    const std::vector<HeaderField> fields = {{"X-Language", language}};
    request.metadata.vary = MakeVaryKey(fields, request.metadata.fields.view());
    return space_->Put(std::move(request), http::Bytes::Copy(body));
  };
  const auto find = [&](std::string_view language) {
    const std::vector<HeaderField> fields = {{"X-Language", language}};
    const Found found = space_->Find("k", fields);
    return found.entry ? std::string(found.entry->WholeBody()->view()) : "none";
  };
  put("de", "1");
  put("fr", "2");
  EXPECT_EQ(find("de"), "1");
  EXPECT_EQ(find("fr"), "2");
  EXPECT_EQ(find("en"), "none");
  put("de", "3");
  EXPECT_EQ(find("de"), "3");
  EXPECT_EQ(service_->counters().objects, 2u);
  EXPECT_EQ(space_->Find("k", {}, Namespace::Vary::kIgnore).entry->WholeBody()->view(), "3");
  // The resource does not vary any more.
  Put("k", "all");
  EXPECT_EQ(find("fr"), "all");
  EXPECT_EQ(service_->counters().objects, 1u);
}

TEST_F(MemoryTest, KeepsTheLatestVariantsOfAKey) {
  Open({.variants = 4});
  for (int i = 0; i < 10; ++i) {
    StoreRequest request = MakeStore("k", {{"Vary", "X"}});
    const std::string value = std::to_string(i);
    const std::vector<HeaderField> fields = {{"X", value}};
    request.metadata.vary = MakeVaryKey(fields, request.metadata.fields.view());
    space_->Put(std::move(request), {});
  }
  EXPECT_EQ(service_->counters().objects, 4u);
  for (int i = 0; i < 10; ++i) {
    const std::string value = std::to_string(i);
    const std::vector<HeaderField> fields = {{"X", value}};
    EXPECT_EQ(space_->Find("k", fields).entry != nullptr, i >= 6) << i;
  }
}

TEST_F(MemoryTest, WhatWasAskedForEarlierDoesNotReplaceWhatIsNewer) {
  Open();
  const uint64_t early = space_->Ticket();
  const EntryRef newer = Put("k", "new");
  StoreRequest late = MakeStore("k");
  late.ticket = early;
  EXPECT_FALSE(space_->Put(std::move(late), http::Bytes::Copy("old")));
  EXPECT_EQ(space_->Find("k", {}).entry, newer);
}

// The sizes that everything here is about: what an object costs apart from its body is counted.
TEST_F(MemoryTest, StaysBelowItsLimitAndCountsWhatObjectsCost) {
  Open({.memory_bytes = 1 << 20, .owner_memory_bytes = 1 << 20});
  const std::string tags(200, 't');
  for (int i = 0; i < 20'000; ++i) {
    StoreRequest request = MakeStore(Key("small", i), {{"X-Field", tags}});
    request.metadata.tags = {tags};
    ASSERT_TRUE(space_->Put(std::move(request), http::Bytes::Copy("x")));
    ASSERT_LE(service_->counters().memory_bytes, 1u << 20);
  }
  const Counters counters = service_->counters();
  EXPECT_GT(counters.memory_bytes, (1u << 20) * 9 / 10);
  // More than 700 bytes each: tags twice, the key, the records.
  EXPECT_LT(counters.objects, (1u << 20) / 700);
  EXPECT_EQ(counters.objects + counters.evictions, 20'000u);
  EXPECT_EQ(service_->usage("owner").memory_bytes, counters.memory_bytes);
}

TEST_F(MemoryTest, AScanDoesNotEvictWhatIsWanted) {
  Open({.memory_bytes = 4 << 20, .owner_memory_bytes = 4 << 20});
  const std::string body(4000, 'b');
  constexpr int kHot = 400;
  for (int i = 0; i < kHot; ++i) Put(Key("hot", i), body);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < kHot; ++i) ASSERT_TRUE(Has(Key("hot", i)));
  }
  // Ten times the memory, once each; what is hot is asked for now and then meanwhile.
  for (int i = 0; i < 10'000; ++i) {
    Put(Key("scan", i), body);
    if (i % 10 == 0) Has(Key("hot", (i / 10) % kHot));
  }
  int left = 0;
  for (int i = 0; i < kHot; ++i) left += Has(Key("hot", i));
  EXPECT_GE(left, kHot * 95 / 100);
}

TEST_F(MemoryTest, WhatComesBackSoonIsKept) {
  Open({.memory_bytes = 4 << 20, .owner_memory_bytes = 4 << 20});
  const std::string body(4000, 'b');
  for (int i = 0; i < 2000; ++i) Put(Key("fill", i), body);
  // The latest that has left the small queue: it is remembered. Which one that is depends on the hashes.
  int first = 1999;
  while (first > 0 && Has(Key("fill", first))) --first;
  ASSERT_GT(first, 1000);
  Put(Key("fill", first), body);
  for (int i = 4000; i < 4500; ++i) Put(Key("fill", i), body);
  EXPECT_TRUE(Has(Key("fill", first)));
}

TEST_F(MemoryTest, AnOwnerHasItsPartAndNoMore) {
  Open({.memory_bytes = 8 << 20, .owner_memory_bytes = 1 << 20});
  auto quiet = service_->Open("quiet", "name");
  quiet->Put(MakeStore("mine"), http::Bytes::Copy("m"));
  const std::string body(10'000, 'b');
  for (int i = 0; i < 5000; ++i) {
    ASSERT_TRUE(Put(Key("flood", i), body));
    ASSERT_LE(service_->usage("owner").memory_bytes, 1u << 20);
  }
  EXPECT_TRUE(quiet->Find("mine", {}).entry);
  EXPECT_GT(service_->usage("owner").memory_bytes, (1u << 20) * 9 / 10);
  EXPECT_EQ(service_->usage("nobody").memory_bytes, 0u);
  EXPECT_FALSE(Put("large", std::string(1 << 20, 'l')));
}

TEST_F(MemoryTest, BodiesOnTheirWayCount) {
  Open({.memory_bytes = 4 << 20, .owner_memory_bytes = 4 << 20});
  const std::string piece(1 << 20, 'p');
  auto first = space_->Begin(MakeStore("1"));
  ASSERT_TRUE(first);
  for (int i = 0; i < 3; ++i) EXPECT_EQ((*first)->Append(http::Bytes::Copy(piece)), Writer::Result::kOk);
  EXPECT_GE(service_->counters().memory_bytes, 3u << 20);
  auto second = space_->Begin(MakeStore("2"));
  EXPECT_EQ((*second)->Append(http::Bytes::Copy(piece)), Writer::Result::kOk);
  // No room, and nobody who reads it.
  EXPECT_EQ((*second)->Append(http::Bytes::Copy(piece)), Writer::Result::kRefused);
  EXPECT_FALSE((*second)->Commit());
  EXPECT_TRUE((*first)->Commit());
  EXPECT_TRUE(Has("1"));
  second->reset();
  first->reset();
  space_->Remove("1");
  EXPECT_EQ(service_->counters().memory_bytes, 0u);
}

TEST_F(MemoryTest, ThreadsDoNotDisturbEachOther) {
  Open({.memory_bytes = 2 << 20, .owner_memory_bytes = 1 << 20});
  std::atomic<bool> wrong{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      auto mine = service_->Open("owner" + std::to_string(t % 3), "name");
      for (int i = 0; i < 6000; ++i) {
        const std::string key = Key("k", (i * 7 + t) % 900);
        const std::string body = key + std::string(static_cast<size_t>(i % 5) * 700, 'x');
        switch (i % 8) {
          case 0:
          case 1:
          case 2:
            mine->Put(MakeStore(key), http::Bytes::Copy(body));
            break;
          case 3:
            mine->Remove(key);
            break;
          case 4:
            if (i % 400 == 4) mine->Purge({.kind = PurgeKind::kEverything, .text = {}, .soft = i % 800 == 4});
            [[fallthrough]];
          default:
            if (const Found found = mine->Find(key, {}); found.entry) {
              const auto whole = found.entry->WholeBody();
              if (!whole || !whole->view().starts_with(key)) wrong = true;
              if (i % 3 == 0) mine->RemoveEntry(found.entry);
              if (i % 3 == 1) mine->Update(found.entry, MakeMetadata());
            }
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(wrong);
  EXPECT_LE(service_->counters().memory_bytes, 2u << 20);
  uint64_t sum = 0;
  for (int t = 0; t < 3; ++t) {
    const uint64_t bytes = service_->usage("owner" + std::to_string(t)).memory_bytes;
    EXPECT_LE(bytes, 1u << 20);
    sum += bytes;
  }
  EXPECT_EQ(service_->counters().memory_bytes, sum);
  EXPECT_GT(service_->counters().evictions, 0u);
}

TEST(GhostQueue, RemembersTheLastOnes) {
  GhostQueue ghosts;
  const auto hash = [](uint64_t i) { return i * 0x9E3779B97F4A7C15u; };
  ghosts.Resize(1024);
  for (uint64_t i = 0; i < 4000; ++i) ghosts.Add(hash(i));
  int late = 0;
  for (uint64_t i = 3700; i < 4000; ++i) late += ghosts.Take(hash(i));
  EXPECT_GE(late, 270);
  int early = 0;
  for (uint64_t i = 0; i < 2900; ++i) early += ghosts.Take(hash(i));
  EXPECT_EQ(early, 0);
  EXPECT_FALSE(ghosts.Take(hash(3999)));
  // Growing forgets nothing.
  for (uint64_t i = 5000; i < 5200; ++i) ghosts.Add(hash(i));
  ghosts.Resize(100'000);
  int kept = 0;
  for (uint64_t i = 5000; i < 5200; ++i) kept += ghosts.Take(hash(i));
  EXPECT_GE(kept, 190);
}

}  // namespace
}  // namespace verge::cache
