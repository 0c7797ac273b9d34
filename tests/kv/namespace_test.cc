#include "kv/namespace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "kv/cursor.h"
#include "tests/kv/fixture.h"

namespace verge::kv {
namespace {

TEST_F(KvTest, StoresReadsAndDeletes) {
  EXPECT_EQ(Get(*ns_, "a"), std::nullopt);
  ASSERT_TRUE(Put(*ns_, "a", MakeValue("1")));
  EXPECT_EQ(Get(*ns_, "a"), "1");
  ASSERT_TRUE(Put(*ns_, "a", MakeValue("2")));
  EXPECT_EQ(Get(*ns_, "a"), "2");
  ASSERT_TRUE(Put(*ns_, "empty", MakeValue("")));
  EXPECT_EQ(Get(*ns_, "empty"), "");
  ASSERT_TRUE(Delete(*ns_, {"a"}));
  ASSERT_TRUE(Delete(*ns_, {"never there"}));
  EXPECT_EQ(Get(*ns_, "a"), std::nullopt);
  EXPECT_EQ(Get(*ns_, "empty"), "");
}

TEST_F(KvTest, NothingIsMadeBeforeTheFirstWrite) {
  EXPECT_EQ(Get(*ns_, "a"), std::nullopt);
  EXPECT_TRUE(List(*ns_).keys.empty());
  EXPECT_TRUE(ns_->Check());
  ns_->Sweep();
  EXPECT_FALSE(std::filesystem::exists(folder_.Path("state")));
  EXPECT_TRUE(process_->service().Ids().empty());
  ASSERT_TRUE(Put(*ns_, "a", MakeValue("1")));
  EXPECT_TRUE(std::filesystem::exists(folder_.Path("state/kv/ns.sqlite")));
  EXPECT_EQ(process_->service().Ids(), std::vector<std::string>{"ns"});
}

TEST_F(KvTest, KeysAreBytes) {
  const std::vector<std::string> keys = {"a", "A",  "ä",  std::string("a\0b", 3), "a/b", "%", "_",
                                         "'", "\"", "😀", std::string(512, 'k')};
  for (const std::string& key : keys) ASSERT_TRUE(Put(*ns_, key, MakeValue("value of " + key)));
  Restart();
  for (const std::string& key : keys) EXPECT_EQ(Get(*ns_, key), "value of " + key);
  EXPECT_EQ(List(*ns_).keys.size(), keys.size());
}

TEST_F(KvTest, SurvivesARestart) {
  ASSERT_TRUE(Put(*ns_, "a", MakeValue("1", clock_.now + 100, "{\"m\":1}")));
  Restart();
  const std::string key = "a";
  auto read = ns_->GetNow({&key, 1}, UINT64_MAX);
  ASSERT_TRUE(read);
  ASSERT_TRUE((*read)[0]);
  EXPECT_EQ((*read)[0]->Join(), "1");
  EXPECT_EQ((*read)[0]->metadata, "{\"m\":1}");
  EXPECT_EQ((*read)[0]->expiration, clock_.now + 100);
}

TEST_F(KvTest, LongValuesGoThroughInPieces) {
  std::mt19937 random(3);
  for (size_t size : {kPieceBytes - 1, kPieceBytes, kPieceBytes + 1, 3 * kPieceBytes, size_t{25} << 20}) {
    std::string text(size, '\0');
    for (size_t i = 0; i < size; i += 97) text[i] = static_cast<char>(random());
    ValuePtr value = MakeValue(text, 0, "\"m\"");
    EXPECT_EQ(value->rest.size(), (size - 1) / kPieceBytes);
    // Over a shorter one, and over a longer one.
    for (int i = 0; i < 2; ++i) {
      ASSERT_TRUE(Put(*ns_, "long", i == 0 ? value : MakeValue("short")));
      EXPECT_EQ(Get(*ns_, "long"), i == 0 ? text : "short");
    }
    ASSERT_TRUE(Put(*ns_, std::to_string(size), value));
    EXPECT_EQ(Get(*ns_, std::to_string(size)), text);
  }
  const std::vector<std::string> keys = {"long", std::to_string(size_t{25} << 20)};
  EXPECT_TRUE(ns_->GetNow(keys, (25 << 20) + 5));
  auto too_long = ns_->GetNow(keys, (25 << 20) + 4);
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().code, SQLITE_TOOBIG);
}

TEST_F(KvTest, ExpiredEntriesAreGoneAtOnceAndSweptLater) {
  ASSERT_TRUE(Put(*ns_, "a", MakeValue("1", clock_.now + 60)));
  ASSERT_TRUE(Put(*ns_, "b", MakeValue("2", clock_.now + 120)));
  ASSERT_TRUE(Put(*ns_, "c", MakeValue("3")));
  clock_.now += 59;
  EXPECT_EQ(Get(*ns_, "a"), "1");
  clock_.now += 1;
  EXPECT_EQ(Get(*ns_, "a"), std::nullopt);  // from the cache
  EXPECT_EQ(Names(List(*ns_)), (std::vector<std::string>{"b", "c"}));
  Restart();
  EXPECT_EQ(Get(*ns_, "a"), std::nullopt);  // from the file
  EXPECT_EQ(Get(*ns_, "b"), "2");
  auto rows = [&] {
    auto database = sqlite::Database::Open(process_->directory().DatabasePath("kv", "ns"), {});
    EXPECT_TRUE(database);
    auto count = (*database)->Prepare("SELECT count(*) FROM entries");
    EXPECT_TRUE(count && count->Step());
    return count->Int(0);
  };
  EXPECT_EQ(rows(), 3);
  ns_->Sweep();
  ASSERT_TRUE(Put(*ns_, "d", MakeValue("4")));  // behind it in the queue
  EXPECT_EQ(rows(), 3);
  EXPECT_EQ(Get(*ns_, "b"), "2");
  // One that is written again after it expired stays.
  ASSERT_TRUE(Put(*ns_, "a", MakeValue("again")));
  clock_.now += 1000;
  ns_->Sweep();
  ASSERT_TRUE(Put(*ns_, "d", MakeValue("4")));
  EXPECT_EQ(rows(), 3);
  EXPECT_EQ(Get(*ns_, "a"), "again");
}

TEST_F(KvTest, SweepsMoreThanOneStepAndOnItsOwn) {
  ns_.reset();
  process_.reset();
  options_.sweep_interval = std::chrono::milliseconds(5);
  process_ = std::make_unique<TestProcess>(folder_.Path("state"), &clock_, options_);
  ns_ = process_->Open();
  std::vector<std::pair<std::string, ValuePtr>> entries;
  for (int i = 0; i < 1800; ++i) entries.emplace_back(std::to_string(i), MakeValue("x", clock_.now + 60));
  ASSERT_TRUE(Namespace::Wait([&](Namespace::WriteDone done) { return ns_->PutMany(entries, std::move(done)); }));
  clock_.now += 60;
  auto database = sqlite::Database::Open(process_->directory().DatabasePath("kv", "ns"), {});
  ASSERT_TRUE(database);
  for (int i = 0;; ++i) {
    auto count = (*database)->Prepare("SELECT count(*) FROM entries");
    ASSERT_TRUE(count && count->Step());
    if (count->Int(0) == 0) break;
    ASSERT_LT(i, 100'000);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

TEST_F(KvTest, ListsInUtf8Order) {
  std::vector<std::string> keys = {"a", "B", "b", "ä", "z", "é", "€", "😀", "aa", "a b", "\xef\xbf\xbd", "10", "9"};
  for (const std::string& key : keys) ASSERT_TRUE(Put(*ns_, key, MakeValue("x")));
  std::ranges::sort(keys);  // bytes are UTF-8 order
  EXPECT_EQ(Names(List(*ns_)), keys);
}

TEST_F(KvTest, ListsByPrefixLimitAndCursor) {
  for (const char* key : {"a", "b/1", "b/2", "b/3", "b0", "c", "b\\_%x", "b\\_%y", "b\\ax"}) {
    ASSERT_TRUE(Put(*ns_, key, MakeValue("x", key[0] == 'c' ? clock_.now + 60 : 0, key[0] == 'c' ? "{}" : "1")));
  }
  EXPECT_EQ(Names(List(*ns_, {.prefix = "b/", .limit = 1000, .after = ""})),
            (std::vector<std::string>{"b/1", "b/2", "b/3"}));
  EXPECT_EQ(Names(List(*ns_, {.prefix = "b\\_%", .limit = 1000, .after = ""})),
            (std::vector<std::string>{"b\\_%x", "b\\_%y"}));
  ListPage page = List(*ns_, {.prefix = "b/", .limit = 2, .after = ""});
  EXPECT_EQ(Names(page), (std::vector<std::string>{"b/1", "b/2"}));
  EXPECT_FALSE(page.complete);
  page = List(*ns_, {.prefix = "b/", .limit = 2, .after = "b/2"});
  EXPECT_EQ(Names(page), (std::vector<std::string>{"b/3"}));
  EXPECT_TRUE(page.complete);
  // A page that ends with the last key is the last page.
  EXPECT_TRUE(List(*ns_, {.prefix = "b/", .limit = 3, .after = ""}).complete);
  // A cursor from elsewhere.
  EXPECT_EQ(Names(List(*ns_, {.prefix = "b/", .limit = 9, .after = "a"})),
            (std::vector<std::string>{"b/1", "b/2", "b/3"}));
  EXPECT_TRUE(List(*ns_, {.prefix = "b/", .limit = 9, .after = "zzz"}).keys.empty());
  page = List(*ns_, {.prefix = "c", .limit = 9, .after = ""});
  ASSERT_EQ(page.keys.size(), 1u);
  EXPECT_EQ(page.keys[0].expiration, clock_.now + 60);
  EXPECT_EQ(page.keys[0].metadata, "{}");
}

TEST_F(KvTest, PagesThroughAHundredThousandKeys) {
  std::vector<std::string> expected;
  std::vector<std::pair<std::string, ValuePtr>> entries;
  ValuePtr value = MakeValue("v");
  for (int i = 0; i < 100'000; ++i) {
    expected.push_back("key" + std::to_string(i));
    entries.emplace_back(expected.back(), value);
    if (entries.size() == 10'000) {
      ASSERT_TRUE(Namespace::Wait(
          [&](Namespace::WriteDone done) { return ns_->PutMany(std::exchange(entries, {}), std::move(done)); }));
    }
  }
  std::ranges::sort(expected);
  std::vector<std::string> found;
  ListRequest request{.prefix = "key", .limit = 1000, .after = ""};
  int pages = 0;
  for (;;) {
    ListPage page = List(*ns_, request);
    ++pages;
    for (const ListedKey& key : page.keys) found.push_back(key.name);
    if (page.complete) break;
    auto after = DecodeCursor(EncodeCursor(found.back()));
    ASSERT_TRUE(after);
    request.after = *after;
    ASSERT_LT(pages, 200);
  }
  EXPECT_EQ(pages, 100);
  EXPECT_EQ(found, expected);
}

TEST_F(KvTest, HotReadsMakeNoQueries) {
  ASSERT_TRUE(Put(*ns_, "a", MakeValue("1")));
  uint64_t queries = ns_->queries();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Get(*ns_, "a"), "1");
  EXPECT_EQ(ns_->queries(), queries);
  // Nor those for what is not there, after the first.
  EXPECT_EQ(Get(*ns_, "b"), std::nullopt);
  EXPECT_EQ(Get(*ns_, "b"), std::nullopt);
  EXPECT_EQ(ns_->queries(), queries + 1);
  // Another key's change takes nothing away.
  ASSERT_TRUE(Put(*ns_, "c", MakeValue("1")));
  EXPECT_EQ(Get(*ns_, "a"), "1");
  EXPECT_EQ(ns_->queries(), queries + 1);
  ASSERT_TRUE(Put(*ns_, "b", MakeValue("now")));
  EXPECT_EQ(Get(*ns_, "b"), "now");
  ASSERT_TRUE(Delete(*ns_, {"a"}));
  EXPECT_EQ(Get(*ns_, "a"), std::nullopt);
}

TEST_F(KvTest, ChangesOfOtherProcessesAreSeenAtOnce) {
  TestProcess other(folder_.Path("state"), &clock_, options_);
  auto theirs = other.Open();
  ASSERT_TRUE(Put(*ns_, "a", MakeValue("0")));
  for (int i = 1; i <= 50; ++i) {
    const std::string text = std::to_string(i);
    auto& writer = i % 2 ? *theirs : *ns_;
    ASSERT_TRUE(Put(writer, "a", MakeValue(text)));
    for (int k = 0; k < 3; ++k) {
      EXPECT_EQ(Get(*ns_, "a"), text);
      EXPECT_EQ(Get(*theirs, "a"), text);
    }
  }
  ASSERT_TRUE(Delete(*theirs, {"a"}));
  EXPECT_EQ(Get(*ns_, "a"), std::nullopt);
  EXPECT_GT(ns_->cache_hits(), 0u);
}

TEST_F(KvTest, OthersMayComeAndGo) {
  ASSERT_TRUE(Put(*ns_, "a", MakeValue("0")));
  for (int i = 0; i < 20; ++i) {
    {
      TestProcess other(folder_.Path("state"), &clock_, options_);
      ASSERT_TRUE(Put(*other.Open(), "a", MakeValue(std::to_string(i))));
    }
    EXPECT_EQ(Get(*ns_, "a"), std::to_string(i));
  }
}

// Read-after-write and never back in time, with writers in two processes and readers of both.
TEST_F(KvTest, NobodyEverReadsSomethingStale) {
  TestProcess other(folder_.Path("state"), &clock_, options_);
  Namespace* sides[] = {ns_.get(), other.Open().get()};
  auto keep = other.Open();
  // Each key has one writer, which counts up. What it has been told is written is at least what all must see.
  constexpr int kKeys = 4;
  constexpr int kWrites = 120;
  std::array<std::atomic<int>, kKeys> acknowledged{};
  std::atomic<bool> over{false};
  std::atomic<int> reads{0};
  std::vector<std::thread> readers;
  for (int t = 0; t < 4; ++t) {
    readers.emplace_back([&, t] {
      std::array<int, kKeys> seen{};
      for (int i = 0; !over.load(); ++i) {
        int key = i % kKeys;
        int least = std::max(acknowledged[key].load(), seen[key]);
        auto text = Get(*sides[t % 2], "key" + std::to_string(key));
        int number = text ? std::stoi(*text) : 0;
        if (number < least) ADD_FAILURE() << "read " << number << " after " << least;
        seen[key] = number;
        reads.fetch_add(1, std::memory_order_relaxed);
      }
    });
  }
  std::vector<std::thread> writers;
  for (int key = 0; key < kKeys; ++key) {
    writers.emplace_back([&, key] {
      for (int i = 1; i <= kWrites; ++i) {
        ASSERT_TRUE(Put(*sides[key % 2], "key" + std::to_string(key), MakeValue(std::to_string(i))));
        acknowledged[key].store(i);
        EXPECT_EQ(Get(*sides[key % 2], "key" + std::to_string(key)), std::to_string(i));
        EXPECT_EQ(Get(*sides[1 - key % 2], "key" + std::to_string(key)), std::to_string(i));
      }
    });
  }
  for (auto& writer : writers) writer.join();
  over = true;
  for (auto& reader : readers) reader.join();
  EXPECT_GT(reads.load(), 1000);
}

TEST_F(KvTest, ManyWritersOneFile) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      auto same = process_->Open();
      std::vector<std::future<sqlite::Result<>>> pending;
      for (int i = 0; i < 100; ++i) {
        auto promise = std::make_shared<std::promise<sqlite::Result<>>>();
        pending.push_back(promise->get_future());
        ASSERT_TRUE(same->Put(std::to_string(t) + "/" + std::to_string(i), MakeValue("x"),
                              [promise](sqlite::Result<> result) { promise->set_value(std::move(result)); }));
      }
      for (auto& each : pending) EXPECT_TRUE(each.get());
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(List(*ns_).keys.size(), 800u);
}

TEST_F(KvTest, TheQueueOfWritesIsBounded) {
  ns_.reset();
  process_.reset();
  options_.writer.max_queued_bytes = 2 << 20;
  process_ = std::make_unique<TestProcess>(folder_.Path("state"), &clock_, options_);
  ns_ = process_->Open();
  int refused = 0;
  std::atomic<int> told{0};
  int accepted = 0;
  ValuePtr value = MakeValue(std::string(1 << 20, 'x'));
  for (int i = 0; i < 200 && refused == 0; ++i) {
    auto put = ns_->Put("k", value, [&](sqlite::Result<> result) {
      EXPECT_TRUE(result);
      ++told;
    });
    put ? ++accepted : ++refused;
    if (!put) EXPECT_EQ(put.error().code, sqlite::kOverloaded);
  }
  EXPECT_EQ(refused, 1);
  ASSERT_TRUE(Put(*ns_, "last", MakeValue("x")) || true);
  ns_.reset();
  process_.reset();
  EXPECT_EQ(told.load(), accepted);
}

TEST_F(KvTest, LongValuesThatAreHeldAreBounded) {
  ASSERT_TRUE(Put(*ns_, "long", MakeValue(std::string(25 << 20, 'x'))));
  const std::string key = "long";
  std::vector<ValuePtr> held;
  sqlite::Error error;
  for (int i = 0; i < 20; ++i) {
    auto read = ns_->GetNow({&key, 1}, UINT64_MAX);
    if (!read) {
      error = read.error();
      break;
    }
    held.push_back((*read)[0]);
  }
  EXPECT_EQ(held.size(), 10u);
  EXPECT_EQ(error.code, sqlite::kOverloaded);
  held.pop_back();
  EXPECT_TRUE(ns_->GetNow({&key, 1}, UINT64_MAX));
}

TEST_F(KvTest, AsynchronousReadsComeBack) {
  ASSERT_TRUE(Put(*ns_, "a", MakeValue("1")));
  std::promise<std::vector<ValuePtr>> values;
  ns_->Get({"a", "b"}, UINT64_MAX, [&](auto result, int64_t) {
    ASSERT_TRUE(result);
    values.set_value(*std::move(result));
  });
  auto read = values.get_future().get();
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0]->Join(), "1");
  EXPECT_FALSE(read[1]);
  std::promise<ListPage> page;
  ns_->List({}, [&](auto result, int64_t) {
    ASSERT_TRUE(result);
    page.set_value(*std::move(result));
  });
  EXPECT_EQ(Names(page.get_future().get()), std::vector<std::string>{"a"});
}

TEST_F(KvTest, IdleConnectionsAreClosedAndComeBack) {
  ASSERT_TRUE(Put(*ns_, "a", MakeValue("1")));
  EXPECT_EQ(List(*ns_).keys.size(), 1u);
  ns_->CloseIdle();
  ns_->CloseIdle();
  EXPECT_EQ(List(*ns_).keys.size(), 1u);
  EXPECT_EQ(Get(*ns_, "b"), std::nullopt);
}

}  // namespace
}  // namespace verge::kv
