#include "sqlite/group_writer.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <functional>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sqlite/testing/faulty_vfs.h"
#include "tests/sqlite/scratch_folder.h"

namespace verge::sqlite {
namespace {

using testing::FaultyVfs;

constexpr std::array<const char*, 1> kSchema = {
    "CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB);"
    "CREATE TABLE child (a REFERENCES t (a) DEFERRABLE INITIALLY DEFERRED)"};

class Job final : public WriteJob {
 public:
  using Action = std::function<Result<>(Database&)>;
  Job(Action action, std::promise<Result<>>* done, std::atomic<int>* runs = nullptr, bool single = false,
      size_t bytes = 0)
      : WriteJob(bytes), action_(std::move(action)), done_(done), runs_(runs), single_(single) {}
  Result<> Run(Database& database) override {
    if (runs_) ++*runs_;
    return action_(database);
  }
  void Done(Result<> result) override { done_->set_value(std::move(result)); }
  bool single_statement() const override { return single_; }

 private:
  Action action_;
  std::promise<Result<>>* done_;
  std::atomic<int>* runs_;
  bool single_;
};

class GroupWriterTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Database>> Open() {
    ++opened_;
    OpenOptions options;
    options.application_id = 0x76677432;
    options.migrations = kSchema;
    options.vfs = vfs_;
    auto database = Database::Open(folder_.Path("a"), options);
    if (database) (void)(*database)->Execute("PRAGMA foreign_keys=1");
    return database;
  }
  std::unique_ptr<GroupWriter> MakeWriter(GroupWriterOptions options = {}) {
    return std::make_unique<GroupWriter>(pool_, [this] { return Open(); }, options);
  }
  // Holds the strand until released, so that what is submitted meanwhile becomes one group.
  class Gate {
   public:
    explicit Gate(GroupWriter& writer) {
      auto job = std::make_unique<Job>(
          [this](Database&) -> Result<> {
            entered_.set_value();
            open_.get_future().wait();
            return {};
          },
          &done_);
      EXPECT_TRUE(writer.Submit(std::move(job)));
      entered_.get_future().wait();
    }
    void Open() { open_.set_value(); }

   private:
    std::promise<void> entered_;
    std::promise<void> open_;
    std::promise<Result<>> done_;
  };
  static Job::Action Sql(std::string sql) {
    return [sql](Database& database) { return database.Execute(sql.c_str()); };
  }
  int64_t Count(const char* table = "t") {
    auto database = Open();
    EXPECT_TRUE(database);
    auto statement = (*database)->Prepare(std::string("SELECT count(*) FROM ") + table);
    EXPECT_TRUE(statement && statement->Step());
    return statement->Int(0);
  }

  ScratchFolder folder_;
  ThreadPool pool_{2};
  const char* vfs_ = nullptr;
  std::atomic<int> opened_{0};
};

TEST_F(GroupWriterTest, CommitsBeforeItSaysSo) {
  auto writer = MakeWriter();
  EXPECT_EQ(opened_, 0);
  std::promise<Result<>> done;
  ASSERT_TRUE(writer->Submit(std::make_unique<Job>(Sql("INSERT INTO t (a) VALUES (1)"), &done)));
  EXPECT_TRUE(done.get_future().get());
  EXPECT_EQ(Count(), 1);
}

TEST_F(GroupWriterTest, WhatWaitsIsOneTransaction) {
  auto writer = MakeWriter();
  Gate gate(*writer);
  std::vector<std::promise<Result<>>> done(50);
  for (int i = 0; i < 50; ++i) {
    auto insert = Sql("INSERT INTO t (a) VALUES (" + std::to_string(i) + ")");
    // From within the transaction everything before it can be seen, and total_changes counts from the same BEGIN.
    auto action = [insert, i](Database& database) -> Result<> {
      EXPECT_FALSE(database.autocommit());
      if (auto inserted = insert(database); !inserted) return inserted;
      auto count = database.Prepare("SELECT count(*) FROM t");
      EXPECT_TRUE(count && count->Step());
      EXPECT_EQ(count->Int(0), i + 1);
      return {};
    };
    ASSERT_TRUE(writer->Submit(std::make_unique<Job>(action, &done[i], nullptr, i % 2 == 0)));
  }
  EXPECT_EQ(Count(), 0);
  gate.Open();
  for (auto& each : done) EXPECT_TRUE(each.get_future().get());
  EXPECT_EQ(Count(), 50);
}

TEST_F(GroupWriterTest, AJobFailsAlone) {
  auto writer = MakeWriter();
  Gate gate(*writer);
  std::vector<std::promise<Result<>>> done(6);
  ASSERT_TRUE(writer->Submit(std::make_unique<Job>(Sql("INSERT INTO t (a) VALUES (1)"), &done[0])));
  // Half of it was done already when it failed.
  ASSERT_TRUE(writer->Submit(
      std::make_unique<Job>(Sql("INSERT INTO t (a) VALUES (2); INSERT INTO t (a) VALUES (1)"), &done[1])));
  ASSERT_TRUE(writer->Submit(std::make_unique<Job>(Sql("INSERT INTO t (a) VALUES (1)"), &done[2], nullptr, true)));
  // Violated until the commit.
  ASSERT_TRUE(writer->Submit(std::make_unique<Job>(Sql("INSERT INTO child VALUES (77)"), &done[3])));
  ASSERT_TRUE(writer->Submit(std::make_unique<Job>(Sql("INSERT INTO child VALUES (78)"), &done[4], nullptr, true)));
  ASSERT_TRUE(writer->Submit(std::make_unique<Job>(Sql("INSERT INTO t (a) VALUES (3)"), &done[5])));
  gate.Open();
  EXPECT_TRUE(done[0].get_future().get());
  for (int i : {1, 2}) EXPECT_EQ(done[i].get_future().get().error().name(), "SQLITE_CONSTRAINT");
  for (int i : {3, 4}) EXPECT_EQ(done[i].get_future().get().error().code, SQLITE_CONSTRAINT_FOREIGNKEY);
  EXPECT_TRUE(done[5].get_future().get());
  EXPECT_EQ(Count(), 2);
  EXPECT_EQ(Count("child"), 0);
}

// An error that takes the whole transaction away: what had succeeded before is done again.
TEST_F(GroupWriterTest, JobsAreRunAgainWhenAnotherOneLosesTheTransaction) {
  auto writer = MakeWriter();
  Gate gate(*writer);
  std::vector<std::promise<Result<>>> done(4);
  std::atomic<int> runs{0};
  ASSERT_TRUE(writer->Submit(std::make_unique<Job>(Sql("INSERT INTO t (a) VALUES (1)"), &done[0], &runs)));
  ASSERT_TRUE(writer->Submit(std::make_unique<Job>(
      [](Database& database) -> Result<> {
        (void)database.Execute("ROLLBACK");
        return Fail(SQLITE_INTERRUPT, "interrupted");
      },
      &done[1])));
  ASSERT_TRUE(writer->Submit(std::make_unique<Job>(Sql("INSERT INTO t (a) VALUES (2)"), &done[2], &runs)));
  ASSERT_TRUE(writer->Submit(std::make_unique<Job>(Sql("INSERT INTO t (a) VALUES (2)"), &done[3], nullptr)));
  gate.Open();
  EXPECT_TRUE(done[0].get_future().get());
  EXPECT_EQ(done[1].get_future().get().error().name(), "SQLITE_INTERRUPT");
  EXPECT_TRUE(done[2].get_future().get());
  EXPECT_FALSE(done[3].get_future().get());
  EXPECT_EQ(runs.load(), 3);
  EXPECT_EQ(Count(), 2);
}

TEST_F(GroupWriterTest, OpensAgainAfterItCouldNot) {
  folder_.Write("a", "not a database, but longer than nothing");
  auto writer = MakeWriter();
  std::promise<Result<>> first;
  ASSERT_TRUE(writer->Submit(std::make_unique<Job>(Sql("INSERT INTO t (a) VALUES (1)"), &first)));
  EXPECT_EQ(first.get_future().get().error().code, kForeign);
  std::filesystem::remove(folder_.Path("a"));
  std::promise<Result<>> second;
  ASSERT_TRUE(writer->Submit(std::make_unique<Job>(Sql("INSERT INTO t (a) VALUES (1)"), &second)));
  EXPECT_TRUE(second.get_future().get());
}

TEST_F(GroupWriterTest, TheQueueIsBounded) {
  GroupWriterOptions options;
  options.max_queued_jobs = 3;
  options.max_queued_bytes = 100;
  auto writer = MakeWriter(options);
  Gate gate(*writer);
  std::vector<std::promise<Result<>>> done(4);
  ASSERT_TRUE(writer->Submit(std::make_unique<Job>(Sql("SELECT 1"), &done[0], nullptr, false, 60)));
  auto refused = writer->Submit(std::make_unique<Job>(Sql("SELECT 1"), &done[3], nullptr, false, 41));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, kOverloaded);
  ASSERT_TRUE(writer->Submit(std::make_unique<Job>(Sql("SELECT 1"), &done[1], nullptr, false, 40)));
  ASSERT_TRUE(writer->Submit(std::make_unique<Job>(Sql("SELECT 1"), &done[2])));
  EXPECT_FALSE(writer->Submit(std::make_unique<Job>(Sql("SELECT 1"), &done[3])));
  gate.Open();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(done[i].get_future().get());
  // And takes more once there is room.
  std::promise<Result<>> later;
  ASSERT_TRUE(writer->Submit(std::make_unique<Job>(Sql("SELECT 1"), &later, nullptr, false, 100)));
  EXPECT_TRUE(later.get_future().get());
}

TEST_F(GroupWriterTest, ManyThreadsManyJobs) {
  GroupWriterOptions options;
  options.max_group_jobs = 7;
  auto writer = MakeWriter(options);
  std::atomic<int> done{0};
  class Insert final : public WriteJob {
   public:
    explicit Insert(std::atomic<int>* done) : done_(done) {}
    Result<> Run(Database& database) override { return database.Execute("INSERT INTO t (b) VALUES (1)"); }
    void Done(Result<> result) override {
      EXPECT_TRUE(result);
      ++*done_;
    }

   private:
    std::atomic<int>* done_;
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 250; ++i) EXPECT_TRUE(writer->Submit(std::make_unique<Insert>(&done)));
    });
  }
  for (auto& thread : threads) thread.join();
  writer.reset();
  EXPECT_EQ(done.load(), 1000);
  EXPECT_EQ(Count(), 1000);
}

TEST_F(GroupWriterTest, TwoProcessesWriteToOneFile) {
  // Two writers stand for them: they know nothing of each other but the file's locks.
  auto one = MakeWriter();
  auto two = MakeWriter();
  std::vector<std::promise<Result<>>> done(200);
  for (int i = 0; i < 200; ++i) {
    auto& writer = i % 2 ? one : two;
    ASSERT_TRUE(writer->Submit(std::make_unique<Job>(Sql("INSERT INTO t (b) VALUES (1)"), &done[i])));
  }
  for (auto& each : done) EXPECT_TRUE(each.get_future().get());
  EXPECT_EQ(Count(), 200);
}

// Whatever call of the disk fails: what was acknowledged is there afterwards, what was refused can be tried again.
TEST_F(GroupWriterTest, LosesNothingWhateverFails) {
  vfs_ = FaultyVfs::name();
  FaultyVfs& faults = FaultyVfs::Get();
  int64_t expected = 0;
  int refused = 0;
  for (int64_t n = 0; n < 120; ++n) {
    faults.Reset();
    auto writer = MakeWriter();
    faults.SetShortWrites(n % 3 == 0);
    faults.FailAfter(n / 2, testing::kChanges, n % 2 ? SQLITE_IOERR : SQLITE_FULL, n % 5 == 0);
    std::vector<std::promise<Result<>>> done(6);
    for (auto& each : done) {
      if (!writer->Submit(std::make_unique<Job>(Sql("INSERT INTO t (b) VALUES (randomblob(3000))"), &each))) FAIL();
    }
    int64_t accepted = 0;
    for (auto& each : done) {
      if (each.get_future().get()) {
        ++accepted;
      } else {
        ++refused;
      }
    }
    faults.Reset();
    writer.reset();
    expected += accepted;
    if (expected == 0 && !std::filesystem::exists(folder_.Path("a"))) continue;
    int64_t found = Count();
    // A commit whose fsync failed may be there in the end.
    ASSERT_GE(found, expected) << n;
    expected = found;
  }
  EXPECT_GT(refused, 20);
  EXPECT_GT(expected, 100);
}

TEST_F(GroupWriterTest, AFullDiskRefusesWhatDoesNotFit) {
  vfs_ = FaultyVfs::name();
  auto writer = MakeWriter();
  std::promise<Result<>> first;
  ASSERT_TRUE(writer->Submit(std::make_unique<Job>(Sql("INSERT INTO t (b) VALUES (zeroblob(100))"), &first)));
  ASSERT_TRUE(first.get_future().get());
  Gate gate(*writer);
  std::vector<std::promise<Result<>>> done(3);
  ASSERT_TRUE(writer->Submit(std::make_unique<Job>(Sql("INSERT INTO t (b) VALUES (zeroblob(100))"), &done[0])));
  ASSERT_TRUE(writer->Submit(std::make_unique<Job>(Sql("INSERT INTO t (b) VALUES (zeroblob(5000000))"), &done[1])));
  ASSERT_TRUE(writer->Submit(std::make_unique<Job>(Sql("INSERT INTO t (b) VALUES (zeroblob(100))"), &done[2])));
  FaultyVfs::Get().LimitGrowth(200'000);
  gate.Open();
  EXPECT_TRUE(done[0].get_future().get());
  EXPECT_TRUE(done[1].get_future().get().error().full());
  EXPECT_TRUE(done[2].get_future().get());
  FaultyVfs::Get().Reset();
  EXPECT_EQ(Count(), 3);
}

}  // namespace
}  // namespace verge::sqlite
