// The disk tier: what survives a restart, what does not come back, and what threads do to it.
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/cache/disk_fixture.h"

namespace verge::cache {
namespace {

TEST_F(DiskTest, NothingIsMadeBeforeSomethingIsStored) {
  OpenDisk();
  EXPECT_EQ(Text("k"), "none");
  service_->Flush();
  EXPECT_FALSE(fs::exists(scratch_.Path("cache")));
  Put("k", "v");
  service_->Flush();
  EXPECT_TRUE(fs::exists(scratch_.Path("cache/index.sqlite")));
  EXPECT_EQ(fs::status(scratch_.Path("cache")).permissions() & fs::perms::others_all, fs::perms::none);
}

TEST_F(DiskTest, EverythingIsThereAfterARestart) {
  OpenDisk();
  const std::string small = "small";
  const std::string medium = Pattern(300'000);
  const std::string large = Pattern(9'000'000, 2);
  StoreRequest request = MakeStore("small", {{"ETag", "\"e\""}, {"Vary", "X"}, {"Empty", ""}});
  const std::vector<HeaderField> selecting = {{"X", "y"}};
  request.metadata.status = 404;
  request.metadata.status_text = "Gone Fishing";
  request.metadata.vary = MakeVaryKey(selecting, request.metadata.fields.view());
  request.metadata.tags = {"a", "b"};
  request.metadata.url = "https://example.com/small";
  request.metadata.flags = 7;
  request.metadata.lifetime = {.response_time = kStart,
                               .initial_age = Seconds(1),
                               .freshness = Seconds(3600),
                               .stale_while_revalidate = Seconds(3),
                               .stale_if_error = Seconds(4),
                               .must_revalidate = true,
                               .no_cache = true,
                               .heuristic = true,
                               .has_validator = true};
  const EntryRef before = space_->Put(std::move(request), http::Bytes::Copy(small));
  ASSERT_TRUE(before);
  Put("empty", "");
  Put("medium", medium);
  ASSERT_TRUE(Stream("large", large));
  ASSERT_TRUE(space_->Put(MakeStore("large-at-once"), http::Bytes::Copy(large)));
  service_->Flush();
  EXPECT_EQ(Log(), "");
  EXPECT_EQ(Files().size(), 3u);
  EXPECT_TRUE(Files("incoming").empty());

  Restart();
  const Found found = Get("small", selecting);
  ASSERT_TRUE(found.entry);
  EXPECT_FALSE(found.invalidated);
  EXPECT_EQ(TextOf(found.entry), small);
  const Metadata& metadata = found.entry->metadata();
  EXPECT_EQ(metadata.status, 404);
  EXPECT_EQ(metadata.status_text, "Gone Fishing");
  EXPECT_EQ(metadata.lifetime, before->metadata().lifetime);
  EXPECT_EQ(metadata.vary, before->metadata().vary);
  EXPECT_EQ(metadata.tags, before->metadata().tags);
  EXPECT_EQ(metadata.url, "https://example.com/small");
  EXPECT_EQ(metadata.flags, 7u);
  EXPECT_EQ(found.entry->sequence(), before->sequence());
  ASSERT_EQ(found.entry->fields().size(), 3u);
  EXPECT_EQ(FindField(found.entry->fields(), "empty"), "");
  EXPECT_FALSE(Get("small").entry) << "another variant";
  EXPECT_EQ(Text("empty"), "");
  EXPECT_EQ(Text("medium"), medium);
  EXPECT_EQ(Text("large"), large);
  EXPECT_EQ(Text("large-at-once"), large);
  EXPECT_EQ(Text("other"), "none");
  // Small ones are in memory now, large ones are not.
  EXPECT_TRUE(space_->Find("medium", {}).entry);
  EXPECT_TRUE(space_->Find("large", {}).on_disk);
  const Counters counters = service_->counters();
  EXPECT_EQ(counters.disk_objects, 5u);
  EXPECT_GE(counters.disk_bytes, 2 * large.size() + medium.size());
  EXPECT_EQ(service_->usage("owner").disk_bytes, counters.disk_bytes);
  EXPECT_EQ(counters.corrupt, 0u);
  // What comes now is later than all that was.
  EXPECT_GT(space_->Ticket(), before->sequence());
  EXPECT_EQ(Log(), "");
}

TEST_F(DiskTest, ALargeBodyIsNotInMemory) {
  Options options = Base();
  options.memory_bytes = 16 << 20;
  options.owner_memory_bytes = 16 << 20;
  Open(std::move(options));
  const std::string body = Pattern(40'000'000);
  ASSERT_TRUE(Stream("k", body, false));
  EXPECT_LT(service_->counters().memory_bytes, 8u << 20);
  service_->Flush();
  EXPECT_LT(service_->counters().memory_bytes, 1u << 20);
  const Found found = Get("k");
  ASSERT_TRUE(found.entry);
  EXPECT_EQ(found.entry->size(), body.size());
  EXPECT_FALSE(found.entry->WholeBody());
  EXPECT_EQ(Read(found.entry, ByteRange{39'999'990, 40'000'000}), body.substr(39'999'990));
  EXPECT_EQ(Read(found.entry, ByteRange{65'530, 65'545}), body.substr(65'530, 15));
  EXPECT_EQ(Read(found.entry, ByteRange{1'000'000, 5'000'001}), body.substr(1'000'000, 4'000'001));
  EXPECT_EQ(TextOf(found.entry) == body, true);
  // It stays readable when it is removed meanwhile.
  TestSink slow(OpenBody(found.entry, executor_), true);
  slow.Next();
  executor_->RunUntil([&] { return slow.chunks == 1; });
  std::optional<bool> existed;
  space_->Remove("k", executor_, [&](bool was) { existed = was; });
  executor_->RunUntil([&] { return existed.has_value(); });
  EXPECT_TRUE(*existed);
  service_->Flush();
  EXPECT_TRUE(Files().empty());
  slow.Resume();
  executor_->RunUntil([&] { return slow.over(); });
  EXPECT_EQ(slow.text == body, true);
  EXPECT_EQ(Text("k"), "none");
}

TEST_F(DiskTest, ReadersFollowABodyThatGoesToDisk) {
  OpenDisk();
  const std::string body = Pattern(12'000'000);
  StoreRequest request = MakeStore("k");
  auto writer = space_->Begin(std::move(request));
  ASSERT_TRUE(writer);
  TestSink early(OpenBody((*writer)->entry(), executor_));
  size_t at = 0;
  const auto write_to = [&](size_t end) {
    while (at < end) {
      const size_t size = std::min<size_t>(end - at, 100'000);
      const Writer::Result result = (*writer)->Append(http::Bytes::Copy(std::string_view(body).substr(at, size)));
      ASSERT_NE(result, Writer::Result::kRefused);
      at += size;
      if (result == Writer::Result::kOk) continue;
      bool writable = false;
      (*writer)->WhenWritable(executor_, [&] { writable = true; });
      executor_->RunUntil([&] { return writable; });
    }
  };
  write_to(8'000'000);
  // Its beginning is in the file already.
  TestSink late(OpenBody((*writer)->entry(), executor_));
  TestSink part(OpenBody((*writer)->entry(), executor_, ByteRange{3, 7'000'000}));
  executor_->RunUntil([&] { return part.over(); });
  EXPECT_EQ(part.text == body.substr(3, 6'999'997), true);
  write_to(body.size());
  const EntryRef entry = (*writer)->Commit();
  ASSERT_TRUE(entry);
  EXPECT_TRUE(Get("k").entry) << "from commit on";
  executor_->RunUntil([&] { return early.over() && late.over(); });
  EXPECT_EQ(early.text == body, true);
  EXPECT_EQ(late.text == body, true);
  service_->Flush();
  EXPECT_EQ(Text("k") == body, true);
}

TEST_F(DiskTest, AWriterThatGivesUpLeavesNoFile) {
  OpenDisk();
  Put("k", "before");
  {
    auto writer = space_->Begin(MakeStore("k"));
    for (int i = 0; i < 200; ++i) (*writer)->Append(http::Bytes::Copy(Pattern(50'000)));
  }
  service_->Close();
  EXPECT_TRUE(Files().empty());
  EXPECT_TRUE(Files("incoming").empty());
  Restart();
  EXPECT_EQ(Text("k"), "before");
}

TEST_F(DiskTest, WhatIsReplacedOrRemovedDoesNotComeBack) {
  OpenDisk();
  const std::string old_body = Pattern(400'000, 3);
  const std::string new_body = Pattern(300'000, 4);
  Put("replaced", old_body);
  Put("replaced", new_body);
  Put("removed", old_body);
  Put("removed-small", "x");
  Put("entry", "x");
  for (const char* key : {"removed", "removed-small"}) {
    std::optional<bool> existed;
    space_->Remove(key, executor_, [&](bool was) { existed = was; });
    executor_->RunUntil([&] { return existed.has_value(); });
    EXPECT_TRUE(*existed) << key;
  }
  space_->RemoveEntry(Get("entry").entry);
  service_->Flush();
  EXPECT_EQ(service_->counters().disk_objects, 1u);
  EXPECT_EQ(Files().size(), 1u);
  Restart();
  EXPECT_EQ(Text("replaced"), new_body);
  for (const char* key : {"removed", "removed-small", "entry"}) EXPECT_EQ(Text(key), "none");
  std::optional<bool> existed;
  space_->Remove("replaced", executor_, [&](bool was) { existed = was; });
  executor_->RunUntil([&] { return existed.has_value(); });
  EXPECT_TRUE(*existed);
  EXPECT_EQ(Text("replaced"), "none");
}

TEST_F(DiskTest, AnUpdateIsKeptWithTheBody) {
  OpenDisk();
  const std::string large = Pattern(6'000'000);
  Put("small", "small");
  ASSERT_TRUE(Stream("large", large));
  const auto update = [&](const char* key, std::string_view value) {
    const EntryRef entry = Get(key).entry;
    ASSERT_TRUE(entry) << key;
    EXPECT_TRUE(space_->Update(entry, MakeMetadata({{"X", value}}), space_->Ticket()));
  };
  // On its way to disk, there, and after a restart.
  update("small", "1");
  update("large", "1");
  service_->Flush();
  EXPECT_EQ(FindField(Get("large").entry->fields(), "x"), "1");
  update("small", "2");
  update("large", "2");
  Restart();
  EXPECT_EQ(FindField(Get("small").entry->fields(), "x"), "2");
  EXPECT_EQ(FindField(Get("large").entry->fields(), "x"), "2");
  update("small", "3");
  update("large", "3");
  Restart();
  EXPECT_EQ(FindField(Get("small").entry->fields(), "x"), "3");
  EXPECT_EQ(FindField(Get("large").entry->fields(), "x"), "3");
  EXPECT_EQ(Text("small"), "small");
  EXPECT_EQ(Text("large") == large, true);
  service_->Flush();  // what was there is counted in the background
  EXPECT_EQ(service_->counters().disk_objects, 2u);
}

TEST_F(DiskTest, OwnersSeeOnlyTheirOwn) {
  OpenDisk();
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {"a", "b"}, {"ab", ""}, {"", "ab"}, {"../../etc", "/"}, {std::string("a\0", 2), "b"}, {"\xff\xfe", "'; --"}};
  for (const auto& [owner, name] : pairs) {
    service_->Open(owner, name)->Put(MakeStore("key"), http::Bytes::Copy(owner + "|" + name));
    service_->Open(owner, name)->Put(MakeStore("long"), http::Bytes::Copy(Pattern(20'000) + owner + "|" + name));
  }
  Restart();
  for (const auto& [owner, name] : pairs) {
    EXPECT_EQ(Text("key", service_->Open(owner, name).get()), owner + "|" + name);
    EXPECT_EQ(Text("long", service_->Open(owner, name).get()), Pattern(20'000) + owner + "|" + name);
  }
  EXPECT_EQ(Text("key"), "none");
  EXPECT_EQ(Text("key", service_->Open("a", "").get()), "none");
}

TEST_F(DiskTest, PurgesHitWhatIsOnDiskAlsoAfterARestart) {
  OpenDisk();
  const auto put = [&](std::string key, std::vector<std::string> tags) {
    StoreRequest request = MakeStore(key);
    request.metadata.url = key;
    request.metadata.tags = std::move(tags);
    space_->Put(std::move(request), http::Bytes::Copy(key));
  };
  put("https://a.example/1", {"red"});
  put("https://a.example/2", {"blue"});
  put("https://b.example/3", {"green"});
  put("https://c.example/4", {});
  auto other = service_->Open("other", "name");
  other->Put(MakeStore("https://a.example/1"), http::Bytes::Copy("other's"));
  Restart();
  int heard = 0;
  space_->Purge({.kind = PurgeKind::kTag, .text = "red"}, executor_, [&] { ++heard; });
  service_->Purge("owner", {.kind = PurgeKind::kPrefix, .text = "b.example/"}, executor_, [&] { ++heard; });
  space_->Purge({.kind = PurgeKind::kTag, .text = "blue", .soft = true}, executor_, [&] { ++heard; });
  const auto check = [&] {
    EXPECT_EQ(Text("https://a.example/1"), "none");
    EXPECT_TRUE(Get("https://a.example/2").invalidated);
    EXPECT_EQ(Text("https://b.example/3"), "none");
    EXPECT_EQ(Text("https://c.example/4"), "https://c.example/4");
    EXPECT_EQ(Text("https://a.example/1", service_->Open("other", "name").get()), "other's");
  };
  check();
  executor_->RunUntil([&] { return heard == 3; });
  Restart();
  check();
  service_->Flush();
  EXPECT_EQ(service_->counters().disk_objects, 3u) << "the room is given back";
  put("https://a.example/1", {"red"});
  EXPECT_EQ(Text("https://a.example/1"), "https://a.example/1");
  Restart();
  EXPECT_EQ(Text("https://a.example/1"), "https://a.example/1");
  service_->Purge("owner", {});
  Restart();
  EXPECT_EQ(Text("https://c.example/4"), "none");
  service_->Flush();
  EXPECT_EQ(service_->counters().disk_objects, 1u);
}

TEST_F(DiskTest, APurgeHitsWhatIsStillToBeWritten) {
  OpenDisk();
  for (int i = 0; i < 50; ++i) Put("k" + std::to_string(i), Pattern(30'000));
  space_->Purge({});
  Restart();
  for (int i = 0; i < 50; ++i) EXPECT_EQ(Text("k" + std::to_string(i)), "none");
}

TEST_F(DiskTest, KeepsItsLimits) {
  Options options = Base();
  options.disk_bytes = 2 << 20;
  options.owner_disk_bytes = 1 << 20;
  options.memory_bytes = 64 << 10;
  options.owner_memory_bytes = 64 << 10;
  Open(options);
  auto quiet = service_->Open("quiet", "name");
  quiet->Put(MakeStore("mine"), http::Bytes::Copy("m"));
  const std::string body = Pattern(10'000);
  for (int i = 0; i < 300; ++i) {
    Put("k" + std::to_string(i), body);
    if (i % 50 == 0) service_->Flush();
  }
  service_->Flush();
  EXPECT_LE(service_->usage("owner").disk_bytes, 1u << 20);
  EXPECT_GT(service_->usage("owner").disk_bytes, (1u << 20) / 2);
  EXPECT_GT(service_->counters().disk_evictions, 100u);
  EXPECT_EQ(Text("mine", quiet.get()), "m");
  EXPECT_EQ(Text("k299"), body);
  EXPECT_EQ(Text("k0"), "none");
  for (int owner = 0; owner < 4; ++owner) {
    auto space = service_->Open("more" + std::to_string(owner), "name");
    for (int i = 0; i < 60; ++i) space->Put(MakeStore("k" + std::to_string(i)), http::Bytes::Copy(body));
  }
  service_->Flush();
  EXPECT_LE(service_->counters().disk_bytes, 2u << 20);
  const uint64_t before = service_->counters().disk_bytes;
  Restart(options);
  service_->Flush();
  EXPECT_EQ(service_->counters().disk_bytes, before);
}

TEST_F(DiskTest, WhatIsAskedForAllTheTimeStaysOnDisk) {
  Options options = Base();
  options.disk_bytes = options.owner_disk_bytes = 1 << 20;
  Open(options);
  Put("hot", "hot");
  service_->Flush();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Has("hot"));
  for (int i = 0; i < 400; ++i) {
    Put("k" + std::to_string(i), Pattern(10'000));
    if (i % 50 == 0) service_->Flush();
  }
  Restart(options);
  EXPECT_EQ(Text("hot"), "hot");
}

TEST_F(DiskTest, WhatCanBeOfNoUseIsRemoved) {
  OpenDisk();
  StoreRequest request = MakeStore("old");
  request.metadata.lifetime.freshness = Seconds(10);
  space_->Put(std::move(request), {});
  StoreRequest stays = MakeStore("validated");
  stays.metadata.lifetime.freshness = Seconds(10);
  stays.metadata.lifetime.has_validator = true;
  space_->Put(std::move(stays), {});
  clock_.Advance(Seconds(20));
  Restart();
  service_->Flush();
  EXPECT_EQ(service_->counters().disk_objects, 1u);
}

// ---- At the same time

TEST_F(DiskTest, ManyAskForTheSameAtOnce) {
  OpenDisk();
  const std::string medium = Pattern(500'000);
  const std::string large = Pattern(5'000'000);
  Put("medium", medium);
  ASSERT_TRUE(Stream("large", large));
  Restart();
  int answers = 0;
  for (int i = 0; i < 50; ++i) {
    for (const char* key : {"medium", "large", "nothing"}) {
      const std::string_view name = key;
      space_->Load(key, {}, Namespace::Vary::kHonour, executor_, [&, name](const Found& found) {
        EXPECT_EQ(found.entry != nullptr, name != "nothing");
        if (found.entry) EXPECT_EQ(found.entry->size(), name == "medium" ? medium.size() : large.size());
        ++answers;
      });
    }
  }
  executor_->RunUntil([&] { return answers == 150; });
  EXPECT_EQ(Text("large") == large, true);
}

TEST_F(DiskTest, AReadDoesNotBringBackWhatIsRemovedMeanwhile) {
  OpenDisk();
  for (int round = 0; round < 40; ++round) {
    Put("k", Pattern(200'000));
    Restart();
    std::optional<Found> loaded;
    space_->Load("k", {}, Namespace::Vary::kHonour, executor_, [&](Found found) { loaded = std::move(found); });
    bool removed = false;
    if (round % 2 == 0) {
      space_->Remove("k", executor_, [&](bool) { removed = true; });
    } else {
      space_->Purge({}, executor_, [&] { removed = true; });
    }
    executor_->RunUntil([&] { return loaded && removed; });
    ASSERT_EQ(Text("k"), "none") << round;
  }
}

TEST_F(DiskTest, ThreadsDoNotDisturbEachOther) {
  Options options = Base();
  options.memory_bytes = 1 << 20;
  options.owner_memory_bytes = 512 << 10;
  options.disk_bytes = 8 << 20;
  options.owner_disk_bytes = 4 << 20;
  options.resident_object_bytes = 40'000;
  Open(options);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      auto executor = std::make_shared<TestExecutor>();
      auto mine = service_->Open("owner" + std::to_string(t % 3), "name");
      for (int i = 0; i < 400; ++i) {
        const std::string key = "k" + std::to_string((i * 7 + t) % 60);
        const std::string body = key + "|" + Pattern(static_cast<size_t>(i % 6) * 13'000);
        if (i % 3 == 0) {
          mine->Put(MakeStore(key), http::Bytes::Copy(body));
        } else if (i % 17 == 1) {
          mine->Remove(key);
        } else if (i % 101 == 1) {
          mine->Purge({.kind = PurgeKind::kEverything, .text = {}, .soft = i % 2 == 0});
        } else {
          std::optional<Found> found;
          mine->Load(key, {}, Namespace::Vary::kHonour, executor, [&](Found result) { found = std::move(result); });
          if (!executor->RunUntil([&] { return found.has_value(); })) return;
          if (!found->entry) continue;
          TestSink sink(OpenBody(found->entry, executor));
          if (!executor->RunUntil([&] { return sink.over(); })) return;
          EXPECT_TRUE(sink.error || sink.text.starts_with(key + "|"));
          if (i % 5 == 0) mine->Update(found->entry, MakeMetadata());
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  service_->Flush();
  const Counters counters = service_->counters();
  EXPECT_EQ(counters.corrupt, 0u);
  EXPECT_EQ(counters.disk_failures, 0u);
  EXPECT_LE(counters.disk_bytes, 8u << 20);
  uint64_t sum = 0;
  for (int t = 0; t < 3; ++t) sum += service_->usage("owner" + std::to_string(t)).disk_bytes;
  EXPECT_EQ(counters.disk_bytes, sum);
  const uint64_t objects = counters.disk_objects;
  Restart(options);
  service_->Flush();
  EXPECT_EQ(service_->counters().disk_objects, objects);
  EXPECT_EQ(service_->counters().disk_bytes, sum);
  EXPECT_EQ(Log(), "");
}

}  // namespace
}  // namespace verge::cache
