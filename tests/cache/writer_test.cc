// Objects that are written piece by piece, read meanwhile, given up; flights and leases.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/cache/fixture.h"

namespace verge::cache {
namespace {

// A body that the test hands out.
class TestSource final : public http::BodySource {
 public:
  void Pull(http::BodySink* sink) override {
    sink_ = sink;
    ++pulls;
  }
  void Cancel() override {
    sink_ = nullptr;
    cancelled = true;
  }
  void Chunk(std::string_view text) { std::exchange(sink_, nullptr)->OnChunk(http::Bytes::Copy(text)); }
  void End() { std::exchange(sink_, nullptr)->OnEnd(); }
  void Fail() { std::exchange(sink_, nullptr)->OnError(http::BodyError::kFailed, "lost"); }
  [[nodiscard]] bool pulled() const { return sink_ != nullptr; }

  int pulls = 0;
  bool cancelled = false;

 private:
  http::BodySink* sink_ = nullptr;
};

class WriterTest : public StoreTest {
 protected:
  std::shared_ptr<Writer> Begin(std::string key, std::optional<uint64_t> length = std::nullopt) {
    StoreRequest request = MakeStore(std::move(key));
    request.length = length;
    auto writer = space_->Begin(std::move(request));
    EXPECT_TRUE(writer);
    return writer ? *std::move(writer) : nullptr;
  }
};

TEST_F(WriterTest, IsFoundFromCommitOn) {
  Open();
  auto writer = Begin("k", 6);
  EXPECT_EQ(writer->Append(http::Bytes::Copy("abc")), Writer::Result::kOk);
  EXPECT_FALSE(Has("k"));
  EXPECT_EQ(writer->Append(http::Bytes::Copy("def")), Writer::Result::kOk);
  EXPECT_FALSE(writer->entry()->complete());
  const EntryRef entry = writer->Commit();
  ASSERT_TRUE(entry);
  EXPECT_TRUE(Has("k"));
  EXPECT_EQ(entry->WholeBody()->view(), "abcdef");
}

TEST_F(WriterTest, ReadersFollowTheWriter) {
  Open();
  auto writer = Begin("k");
  TestSink first(OpenBody(writer->entry(), executor_));
  writer->Append(http::Bytes::Copy("one "));
  executor_->Run();
  EXPECT_EQ(first.text, "one ");
  TestSink second(OpenBody(writer->entry(), executor_));
  writer->Append(http::Bytes::Copy("two"));
  executor_->Run();
  EXPECT_FALSE(first.over());
  EXPECT_TRUE(writer->Commit());
  executor_->Run();
  EXPECT_TRUE(first.ended);
  EXPECT_EQ(first.text, "one two");
  EXPECT_EQ(second.text, "one two");
  EXPECT_TRUE(second.ended);
}

TEST_F(WriterTest, OneThatIsDroppedEndsItsReaders) {
  Open();
  auto writer = Begin("k");
  TestSink sink(OpenBody(writer->entry(), executor_));
  writer->Append(http::Bytes::Copy("half"));
  writer.reset();
  executor_->Run();
  EXPECT_EQ(sink.text, "half");
  EXPECT_TRUE(sink.error);
  EXPECT_FALSE(Has("k"));
}

TEST_F(WriterTest, ALengthThatIsNotKeptIsNotStored) {
  Open();
  auto shorter = Begin("short", 5);
  shorter->Append(http::Bytes::Copy("abc"));
  EXPECT_FALSE(shorter->Commit());
  auto longer = Begin("long", 2);
  longer->Append(http::Bytes::Copy("abc"));
  EXPECT_FALSE(longer->Commit());
  EXPECT_FALSE(Has("short"));
  EXPECT_FALSE(Has("long"));
}

TEST_F(WriterTest, WhatIsTooLargeIsRefusedAtOnceWhenItSaysSo) {
  Open({.object_bytes = 1000});
  StoreRequest request = MakeStore("k");
  request.length = 1001;
  auto writer = space_->Begin(std::move(request));
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error(), StoreError::kTooLarge);
  EXPECT_FALSE(Put("k", std::string(1001, 'x')));
  EXPECT_TRUE(Put("k", std::string(1000, 'x')));
}

// A response that grows too large is not stored, but who asked for it gets it, and sets its pace.
TEST_F(WriterTest, WhatGrowsTooLargeGoesOnForItsReaders) {
  Open({.object_bytes = 4 << 20});
  auto writer = Begin("k");
  auto sink = std::make_unique<TestSink>(OpenBody(writer->entry(), executor_), true);
  const std::string body = Pattern(6 << 20);
  constexpr size_t kPiece = 64 << 10;
  size_t written = 0;
  bool waited = false;
  while (written < body.size()) {
    const Writer::Result result = writer->Append(http::Bytes::Copy(std::string_view(body).substr(written, kPiece)));
    ASSERT_NE(result, Writer::Result::kRefused);
    written += kPiece;
    if (result != Writer::Result::kWait) continue;
    waited = true;
    EXPECT_FALSE(writer->entry()->replayable());
    bool writable = false;
    writer->WhenWritable(executor_, [&] { writable = true; });
    executor_->Run();
    EXPECT_FALSE(writable) << "the reader has not moved";
    while (!writable) {
      sink->Next();
      executor_->Run();
    }
  }
  EXPECT_TRUE(waited);
  // What is ahead of the reader is about all that is in memory.
  EXPECT_LT(service_->counters().memory_bytes, 1u << 20);
  EXPECT_FALSE(writer->Commit());
  sink->Resume();
  executor_->RunUntil([&] { return sink->over(); });
  EXPECT_TRUE(sink->ended);
  EXPECT_EQ(sink->text, body);
  EXPECT_FALSE(Has("k"));

  // Who comes late cannot have it.
  TestSink late(OpenBody(writer->entry(), executor_));
  executor_->RunUntil([&] { return late.over(); });
  EXPECT_TRUE(late.error);
}

TEST_F(WriterTest, WhatIsTooLargeAndUnreadEnds) {
  Open({.object_bytes = 100});
  auto writer = Begin("k");
  EXPECT_EQ(writer->Append(http::Bytes::Copy(std::string(60, 'x'))), Writer::Result::kOk);
  EXPECT_EQ(writer->Append(http::Bytes::Copy(std::string(60, 'x'))), Writer::Result::kRefused);
  EXPECT_EQ(writer->Append(http::Bytes::Copy("x")), Writer::Result::kRefused);
  EXPECT_FALSE(writer->Commit());
}

TEST_F(WriterTest, FillStoresToTheEndThoughNobodyReads) {
  Open();
  auto source = http::MakeRef<TestSource>();
  auto writer = Begin("k");
  std::optional<EntryRef> done;
  Fill(source, std::move(writer), executor_, [&](EntryRef entry) { done = std::move(entry); });
  for (const char* chunk : {"a", "b", "c"}) {
    ASSERT_TRUE(source->pulled());
    source->Chunk(chunk);
  }
  source->End();
  ASSERT_TRUE(done && *done);
  EXPECT_EQ((*done)->WholeBody()->view(), "abc");
}

TEST_F(WriterTest, FillGoesAtTheReadersPaceWhenItIsNotStored) {
  Open({.object_bytes = 1 << 20});
  auto source = http::MakeRef<TestSource>();
  auto writer = Begin("k");
  TestSink sink(OpenBody(writer->entry(), executor_), true);
  std::optional<EntryRef> done;
  Fill(source, std::move(writer), executor_, [&](EntryRef entry) { done = std::move(entry); });
  const std::string chunk = Pattern(256 << 10);
  int sent = 0;
  while (source->pulled() && sent < 100) {
    source->Chunk(chunk);
    ++sent;
  }
  EXPECT_LT(sent, 20);
  for (int i = 0; i < 20 && !source->pulled(); ++i) {
    sink.Next();
    executor_->Run();
  }
  ASSERT_TRUE(source->pulled());
  sink.Cancel();
  source->Chunk(chunk);
  EXPECT_TRUE(source->cancelled);
  ASSERT_TRUE(done);
  EXPECT_FALSE(*done);
}

TEST_F(WriterTest, FillThatBreaksOffStoresNothing) {
  Open();
  auto source = http::MakeRef<TestSource>();
  auto writer = Begin("k");
  TestSink sink(OpenBody(writer->entry(), executor_));
  std::optional<EntryRef> done;
  Fill(source, std::move(writer), executor_, [&](EntryRef entry) { done = std::move(entry); });
  source->Chunk("a");
  source->Fail();
  executor_->Run();
  ASSERT_TRUE(done);
  EXPECT_FALSE(*done);
  EXPECT_EQ(sink.error, "lost");
  EXPECT_FALSE(Has("k"));
}

TEST_F(WriterTest, APurgeHitsWhatWasAskedForBefore) {
  Open();
  const uint64_t ticket = space_->Ticket();
  StoreRequest request = MakeStore("k");
  request.ticket = ticket;
  auto writer = space_->Begin(std::move(request));
  ASSERT_TRUE(writer);
  TestSink sink(OpenBody((*writer)->entry(), executor_));
  (*writer)->Append(http::Bytes::Copy("body"));
  space_->Purge({});
  EXPECT_FALSE((*writer)->Commit());
  executor_->Run();
  EXPECT_EQ(sink.text, "body");
  EXPECT_TRUE(sink.ended);
  EXPECT_FALSE(Has("k"));
  EXPECT_TRUE(Put("k", "after"));
}

TEST_F(WriterTest, AnUpdateKeepsTheBody) {
  Open();
  const EntryRef entry = Put("k", "body");
  const EntryRef updated = space_->Update(entry, MakeMetadata({{"X", "new"}}));
  ASSERT_TRUE(updated);
  const Found found = space_->Find("k", {});
  EXPECT_EQ(found.entry, updated);
  EXPECT_EQ(FindField(found.entry->fields(), "x"), "new");
  EXPECT_EQ(found.entry->WholeBody()->view(), "body");
  EXPECT_EQ(service_->counters().objects, 1u);
  space_->Purge({});
  EXPECT_FALSE(space_->Update(updated, MakeMetadata())) << "it was purged";
  EXPECT_FALSE(Has("k"));
}

TEST_F(WriterTest, AValidationFromBeforeASoftPurgeDoesNotUndoIt) {
  Open();
  const EntryRef entry = Put("k", "body");
  const uint64_t asked = space_->Ticket();
  space_->Purge({.kind = PurgeKind::kEverything, .text = {}, .soft = true});
  EXPECT_TRUE(space_->Find("k", {}).invalidated);
  const EntryRef updated = space_->Update(entry, MakeMetadata(), asked);
  EXPECT_TRUE(space_->Find("k", {}).invalidated);
  ASSERT_TRUE(updated);
  EXPECT_TRUE(space_->Update(updated, MakeMetadata(), space_->Ticket()));
  EXPECT_FALSE(space_->Find("k", {}).invalidated);
}

TEST_F(WriterTest, PurgesByTagPrefixAndName) {
  Open();
  const auto put = [&](Namespace& space, std::string url, std::vector<std::string> tags) {
    StoreRequest request = MakeStore(url);
    request.metadata.url = url;
    request.metadata.tags = std::move(tags);
    space.Put(std::move(request), {});
  };
  auto other = service_->Open("owner", "other");
  auto stranger = service_->Open("stranger", "name");
  const auto fill = [&] {
    for (Namespace* space : {space_.get(), other.get(), stranger.get()}) {
      put(*space, "https://a.example/x/1", {"red"});
      put(*space, "https://a.example/y/2", {"blue", "red"});
      put(*space, "https://b.example/x/3", {});
    }
  };
  const auto left = [&](Namespace& space) {
    std::string text;
    for (const char* url : {"https://a.example/x/1", "https://a.example/y/2", "https://b.example/x/3"}) {
      const Found found = space.Find(url, {});
      text += !found.entry ? '-' : found.invalidated ? 's' : 'x';
    }
    return text;
  };
  fill();
  space_->Purge({.kind = PurgeKind::kTag, .text = "BLUE"});
  EXPECT_EQ(left(*space_), "x-x");
  EXPECT_EQ(left(*other), "xxx");
  service_->Purge("owner", {.kind = PurgeKind::kTag, .text = "red", .soft = true});
  EXPECT_EQ(left(*space_), "s-x");
  EXPECT_EQ(left(*other), "ssx");
  EXPECT_EQ(left(*stranger), "xxx");
  service_->Purge("owner", {.kind = PurgeKind::kPrefix, .text = "a.example/x"});
  EXPECT_EQ(left(*other), "-sx");
  space_->Purge({.kind = PurgeKind::kPrefix, .text = "https://b.example/"});
  EXPECT_EQ(left(*space_), "---");
  EXPECT_EQ(left(*other), "-sx");
  fill();
  EXPECT_EQ(left(*space_), "xxx");
  service_->Purge("owner", {});
  EXPECT_EQ(left(*space_) + left(*other) + left(*stranger), "------xxx");
}

TEST_F(WriterTest, OneAsksTheOriginAndTheOthersWait) {
  Open();
  auto flight = space_->JoinFlight("k", executor_, [](EntryRef) { ADD_FAILURE(); });
  ASSERT_TRUE(flight);
  int heard = 0;
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(space_->JoinFlight("k", executor_, [&](EntryRef entry) {
      EXPECT_TRUE(entry);
      ++heard;
    }));
  }
  // Others' keys are theirs.
  EXPECT_TRUE(service_->Open("other", "name")->JoinFlight("k", executor_, [](EntryRef) {}));
  auto writer = Begin("k");
  flight->Publish(writer->entry());
  EXPECT_FALSE(space_->JoinFlight("k", executor_, [&](const EntryRef& entry) { heard += entry != nullptr; }));
  executor_->Run();
  EXPECT_EQ(heard, 4);
  // One that broke off is nobody's to follow.
  writer->Abort("gone");
  EXPECT_TRUE(space_->JoinFlight("k", executor_, [](EntryRef) {}));
}

TEST_F(WriterTest, AFlightThatIsDroppedTellsThoseWhoWait) {
  Open();
  auto flight = space_->JoinFlight("k", executor_, [](EntryRef) {});
  int nothing = 0;
  EXPECT_FALSE(space_->JoinFlight("k", executor_, [&](const EntryRef& entry) { nothing += entry == nullptr; }));
  flight.reset();
  executor_->Run();
  EXPECT_EQ(nothing, 1);
  EXPECT_TRUE(space_->JoinFlight("k", executor_, [](EntryRef) {}));
}

TEST_F(WriterTest, ALeaseIsOnesAtATime) {
  Open({.refresh_time = Seconds(30), .refresh_pause = Seconds(1)});
  auto lease = space_->TryBeginRefresh("k");
  ASSERT_TRUE(lease);
  EXPECT_FALSE(space_->TryBeginRefresh("k"));
  EXPECT_TRUE(service_->Open("other", "name")->TryBeginRefresh("k"));
  lease.reset();
  lease = space_->TryBeginRefresh("k");
  ASSERT_TRUE(lease) << "given back";
  lease->Failed();
  EXPECT_FALSE(space_->TryBeginRefresh("k")) << "the pause";
  clock_.Advance(Seconds(1));
  lease = space_->TryBeginRefresh("k");
  ASSERT_TRUE(lease);
  clock_.Advance(Seconds(30));
  auto next = space_->TryBeginRefresh("k");
  EXPECT_TRUE(next) << "its holder took too long";
  lease->Failed();
  EXPECT_FALSE(space_->TryBeginRefresh("k")) << "and does not disturb the next";
}

}  // namespace
}  // namespace verge::cache
