// What damage, crashes and disks that do not do what they should leave: right bytes or none.
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "sqlite/testing/faulty_vfs.h"
#include "tests/cache/disk_fixture.h"

namespace verge::cache {
namespace {

using DiskDamageTest = DiskTest;

TEST_F(DiskDamageTest, ATornFileOfAnyLengthIsAMiss) {
  OpenDisk();
  const std::string body = Pattern(150'000);
  Put("k", body);
  service_->Flush();
  ASSERT_EQ(Files().size(), 1u);
  const uint64_t whole = fs::file_size(Files()[0]);
  std::ifstream in(Files()[0], std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(in), {}};
  for (const uint64_t length :
       {uint64_t{0}, uint64_t{1}, uint64_t{7}, uint64_t{8}, uint64_t{9}, uint64_t{65'543}, uint64_t{65'544},
        uint64_t{65'545}, uint64_t{131'088}, whole - 1, whole + 1, whole * 2}) {
    Restart([&] { Files().empty() ? void() : fs::resize_file(Files()[0], length); });
    EXPECT_EQ(Text("k"), "none") << length;
    service_->Flush();
    EXPECT_EQ(service_->counters().corrupt, 1u) << length;
    EXPECT_TRUE(Files().empty()) << length;
    EXPECT_EQ(service_->counters().disk_objects, 0u);
    Put("k", body);
    service_->Flush();
  }
}

TEST_F(DiskDamageTest, AFlippedBitAnywhereIsNeverDelivered) {
  OpenDisk();
  const std::string body = Pattern(150'000);
  for (const uint64_t offset : {0, 5, 8, 100, 65'543, 65'544, 65'551, 65'552, 131'087, 131'088, 131'096, 150'023}) {
    Put("k", body);
    Restart([&] {
      ASSERT_EQ(Files().size(), 1u);
      const fs::path path = Files()[0];
      std::ifstream in(path, std::ios::binary);
      in.seekg(static_cast<std::streamoff>(offset));
      const char flipped = static_cast<char>(in.get() ^ 0x10);
      Overwrite(path, offset, {&flipped, 1});
    });
    EXPECT_EQ(Text("k"), "none") << offset;
  }
  EXPECT_NE(Log().find("was not what had been written"), std::string::npos);
}

TEST_F(DiskDamageTest, DamageInTheMiddleOfALargeBodyEndsItsReaders) {
  OpenDisk();
  const std::string body = Pattern(9'000'000);
  ASSERT_TRUE(Stream("k", body));
  Restart([&] {
    ASSERT_EQ(Files().size(), 1u);
    Overwrite(Files()[0], 5'000'000, "damage");
  });
  const Found found = Get("k");
  ASSERT_TRUE(found.entry);
  TestSink sink(OpenBody(found.entry, executor_));
  executor_->RunUntil([&] { return sink.over(); });
  EXPECT_TRUE(sink.error);
  EXPECT_EQ(sink.text, body.substr(0, sink.text.size()));
  EXPECT_EQ(Read(found.entry, ByteRange{8'000'000, 8'000'100}), body.substr(8'000'000, 100));
  service_->Flush();
  EXPECT_EQ(service_->counters().corrupt, 1u);
  EXPECT_EQ(Text("k"), "none");
}

TEST_F(DiskDamageTest, AnotherObjectsFileIsNotTakenForIt) {
  OpenDisk();
  Put("a", Pattern(100'000, 5));
  Put("b", Pattern(100'000, 6));
  Restart([&] {
    const std::vector<fs::path> files = Files();
    ASSERT_EQ(files.size(), 2u);
    fs::rename(files[0], scratch_.Path("aside"));
    fs::rename(files[1], files[0]);
    fs::rename(scratch_.Path("aside"), files[1]);
  });
  EXPECT_EQ(Text("a"), "none");
  EXPECT_EQ(Text("b"), "none");
}

TEST_F(DiskDamageTest, AFileThatIsGoneIsAMiss) {
  OpenDisk();
  Put("k", Pattern(100'000));
  Restart([&] { fs::remove(Files().at(0)); });
  EXPECT_EQ(Text("k"), "none");
  service_->Flush();
  EXPECT_EQ(service_->counters().corrupt, 1u);
  EXPECT_EQ(service_->counters().disk_objects, 0u);
}

TEST_F(DiskDamageTest, FilesThatBelongToNothingAreRemoved) {
  OpenDisk();
  Put("k", Pattern(100'000));
  Restart([&] {
    const fs::path folder = Files().at(0).parent_path();
    std::ofstream(folder / "00000000000000ab") << "orphan";
    std::ofstream(folder / "not-ours") << "stays";
    std::ofstream(fs::path(scratch_.Path("cache")) / "incoming" / "1234") << "half";
  });
  service_->Close();
  EXPECT_EQ(Files().size(), 2u);
  EXPECT_TRUE(Files("incoming").empty());
  Restart();
  EXPECT_EQ(Text("k"), Pattern(100'000));
}

TEST_F(DiskDamageTest, AnIndexThatIsNoneIsMadeAnew) {
  for (const std::string& content : {std::string(), std::string("text"), std::string(5000, 'x')}) {
    OpenDisk();
    Put("k", Pattern(100'000));
    service_->Flush();
    log_.clear();
    Restart([&] {
      for (const char* suffix : {"-wal", "-shm"}) fs::remove(scratch_.Path("cache/index.sqlite") + suffix);
      std::ofstream(scratch_.Path("cache/index.sqlite"), std::ios::trunc) << content;
    });
    EXPECT_NE(Log().find("made anew"), std::string::npos);
    EXPECT_TRUE(fs::exists(scratch_.Path("cache/index.sqlite.unusable")));
    EXPECT_EQ(Text("k"), "none");
    Put("k", "again");
    Restart();
    EXPECT_EQ(Text("k"), "again");
    service_->Close();
    EXPECT_TRUE(Files().empty()) << "the old one's files";
    Restart([&] { fs::remove_all(scratch_.Path("cache")); });
  }
}

// Whatever happens to the index: right bytes or none, and no crash.
TEST_F(DiskDamageTest, ADamagedIndexIsNeverBelieved) {
  OpenDisk();
  std::vector<std::string> keys;
  for (int i = 0; i < 60; ++i) keys.push_back("key" + std::to_string(i));
  for (const std::string& key : keys) Put(key, key + Pattern(2'000));
  service_->Flush();
  service_->Close();
  space_.reset();
  service_.reset();
  const std::string path = scratch_.Path("cache/index.sqlite");
  ASSERT_GT(fs::file_size(path), 100'000u);
  fs::copy_file(path, scratch_.Path("good"));
  uint32_t random = 1;
  for (int round = 0; round < 25; ++round) {
    fs::remove_all(scratch_.Path("cache"));
    fs::create_directories(scratch_.Path("cache"));
    fs::copy_file(scratch_.Path("good"), path);
    for (int hit = 0; hit < 30; ++hit) {
      random = random * 1664525u + 1013904223u;
      // Behind the header: without that, SQLite does not even begin.
      Overwrite(path, 100 + (random >> 4) % (fs::file_size(path) - 140),
                std::string(1 + hit % 9, static_cast<char>(random >> 20)));
    }
    OpenDisk();
    for (const std::string& key : keys) {
      const std::string text = Text(key);
      EXPECT_TRUE(text == "none" || text == key + Pattern(2'000)) << round << key;
    }
    Put("new", "new");
    EXPECT_EQ(Text("new"), "new");
    space_.reset();
    service_.reset();
  }
}

// ---- Disks that do not do what they should

TEST_F(DiskDamageTest, ASecondProcessDoesWithoutTheDisk) {
  OpenDisk();
  Put("k", "v");
  service_->Flush();
  auto second = Service::Create([&] {
    Options options = Base();
    options.clock = &clock_;
    return options;
  }());
  EXPECT_NE(Log().find("another process uses the folder"), std::string::npos);
  auto space = second->Open("owner", "name");
  EXPECT_FALSE(space->Find("k", {}).entry);
  EXPECT_FALSE(space->Find("k", {}).on_disk);
  EXPECT_TRUE(space->Put(MakeStore("own"), http::Bytes::Copy("x")));
  EXPECT_TRUE(space->Find("own", {}).entry);
  second.reset();
  space.reset();
  EXPECT_EQ(Text("k"), "v");
  Restart();
  EXPECT_EQ(Text("k"), "v");
  EXPECT_EQ(Text("own"), "none");
}

TEST_F(DiskDamageTest, AFolderThatCannotBeMadeIsDoneWithout) {
  scratch_.Write("cache", "a file");
  OpenDisk();
  EXPECT_TRUE(Put("k", "v"));
  service_->Flush();
  EXPECT_EQ(Text("k"), "v");
  EXPECT_NE(Log().find("kept in memory only"), std::string::npos);
  EXPECT_TRUE(Put("large", Pattern(6'000'000)));
  const std::string large = Pattern(6'000'000);
  EXPECT_EQ(Text("large") == large, true);
}

TEST_F(DiskDamageTest, AnIndexThatCannotBeWrittenLeavesTheMemory) {
  auto& vfs = sqlite::testing::FaultyVfs::Get();
  vfs.Reset();
  Options options = Base();
  options.vfs = sqlite::testing::FaultyVfs::name();
  Open(options);
  Put("before", "before");
  service_->Flush();
  for (const int code : {SQLITE_FULL, SQLITE_IOERR}) {
    vfs.FailAfter(0, sqlite::testing::kChanges, code, true);
    const std::string key = "during" + std::to_string(code);
    EXPECT_TRUE(Put(key, Pattern(20'000)));
    service_->Flush();
    EXPECT_EQ(Text(key), Pattern(20'000));
    EXPECT_EQ(Text("before"), "before");
    vfs.Reset();
  }
  EXPECT_EQ(service_->counters().disk_failures, 2u);
  EXPECT_TRUE(Files().empty());
  EXPECT_NE(Log().find("kept in memory only"), std::string::npos);
  Put("after", "after");
  service_->Flush();
  Restart(options);
  EXPECT_EQ(Text("before"), "before");
  EXPECT_EQ(Text("after"), "after");
}

// A file system that takes no more: a child with a limit on files.
TEST_F(DiskDamageTest, AFullDiskStopsNoBody) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{.rlim_cur = 5'000'000, .rlim_max = 5'000'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    OpenDisk();
    auto writer = space_->Begin(MakeStore("k"));
    TestSink sink(OpenBody((*writer)->entry(), executor_));
    const std::string body = Pattern(12'000'000);
    for (size_t at = 0; at < body.size(); at += 50'000) {
      const Writer::Result result = (*writer)->Append(http::Bytes::Copy(std::string_view(body).substr(at, 50'000)));
      if (result == Writer::Result::kRefused) ::_exit(2);
      executor_->Run();
      if (result == Writer::Result::kOk) continue;
      bool writable = false;
      (*writer)->WhenWritable(executor_, [&] { writable = true; });
      executor_->RunUntil([&] { return writable; });
    }
    if ((*writer)->Commit()) ::_exit(3);
    executor_->RunUntil([&] { return sink.over(); });
    if (sink.text != body) ::_exit(4);
    Put("small", "small");
    if (Text("small") != "small") ::_exit(5);
    if (Text("k") != "none") ::_exit(6);
    service_->Flush();
    if (!Files().empty() || !Files("incoming").empty()) ::_exit(7);
    if (Log().find("cannot be written") == std::string::npos) ::_exit(8);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// Killed at any moment, again and again on the same folder: what is found later is right, and what was told to be on
// disk is there.
TEST_F(DiskDamageTest, AKillAtAnyMomentLeavesRightBytesOrNone) {
  const auto body_of = [](int i) { return std::to_string(i) + Pattern(static_cast<size_t>(i) * 7'919 % 200'000); };
  const std::string large = Pattern(6'000'000, 9);
  uint32_t random = 7;
  for (int round = 0; round < 8; ++round) {
    int pipes[2];
    ASSERT_EQ(::pipe(pipes), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(pipes[0]);
      OpenDisk();
      for (int i = 0;; ++i) {
        Put("k" + std::to_string(i % 40), body_of(i % 40));
        if (i % 10 == 3) space_->Remove("k" + std::to_string(i % 7));
        if (i % 50 == 20) Stream("large", large);
        if (i % 100 == 99) {
          service_->Flush();
          Put("flushed", "flushed");
          service_->Flush();
        }
        const char byte = 'x';
        if (::write(pipes[1], &byte, 1) != 1) ::_exit(1);
      }
    }
    ::close(pipes[1]);
    // Not by time: after so many of its steps.
    random = random * 1664525u + 1013904223u;
    const int steps = 20 + static_cast<int>((random >> 8) % 150);
    char byte = 0;
    for (int i = 0; i < steps; ++i) ASSERT_EQ(::read(pipes[0], &byte, 1), 1);
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ::close(pipes[0]);

    OpenDisk();
    for (int i = 0; i < 40; ++i) {
      const std::string text = Text("k" + std::to_string(i));
      EXPECT_TRUE(text == "none" || text == body_of(i)) << "round " << round << " key " << i;
    }
    const std::string text = Text("large");
    EXPECT_TRUE(text == "none" || text == large);
    if (steps > 101) EXPECT_EQ(Text("flushed"), "flushed");
    service_->Close();
    EXPECT_TRUE(Files("incoming").empty());
    EXPECT_EQ(service_->counters().corrupt, 0u) << "nothing is listed before it is there";
    space_.reset();
    service_.reset();
  }
}

}  // namespace
}  // namespace verge::cache
