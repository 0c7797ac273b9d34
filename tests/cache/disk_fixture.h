// A service with a disk in a folder of the test's own, which can be restarted.
#ifndef TESTS_CACHE_DISK_FIXTURE_H_
#define TESTS_CACHE_DISK_FIXTURE_H_

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/cache/fixture.h"
#include "tests/sqlite/scratch_folder.h"

namespace verge::cache {

namespace fs = std::filesystem;

class DiskTest : public StoreTest {
 protected:
  void TearDown() override {
    space_.reset();
    service_.reset();
  }
  Options Base() {
    Options options;
    options.folder = scratch_.Path("cache");
    options.log = [this](std::string_view line) {
      const std::lock_guard lock(log_mutex_);
      log_.append(line).append("\n");
    };
    return options;
  }
  void OpenDisk() { Open(Base()); }
  void Restart(const std::function<void()>& between = nullptr) { Restart(Base(), between); }
  void Restart(Options options, const std::function<void()>& between = nullptr) {
    space_.reset();
    service_.reset();
    if (between) between();
    Open(std::move(options));
  }
  // As a user of the store does: from memory, else from disk.
  Found Get(std::string_view key, Fields request = {}, Namespace* space = nullptr) {
    if (!space) space = space_.get();
    Found found = space->Find(key, request);
    if (found.entry || !found.on_disk) return found;
    std::optional<Found> loaded;
    space->Load(key, request, Namespace::Vary::kHonour, executor_, [&](Found result) { loaded = std::move(result); });
    executor_->RunUntil([&] { return loaded.has_value(); });
    return loaded.value_or(Found{});
  }
  // The body, or "none", or "error".
  std::string Text(std::string_view key, Namespace* space = nullptr) {
    const Found found = Get(key, {}, space);
    return found.entry ? TextOf(found.entry) : "none";
  }
  std::string TextOf(const EntryRef& entry) {
    TestSink sink(OpenBody(entry, executor_));
    executor_->RunUntil([&] { return sink.over(); });
    return sink.error ? "error" : sink.text;
  }
  std::vector<fs::path> Files(std::string_view folder = "objects") {
    std::vector<fs::path> files;
    const fs::path root = fs::path(scratch_.Path("cache")) / folder;
    if (!fs::exists(root)) return files;
    for (const auto& item : fs::recursive_directory_iterator(root)) {
      if (item.is_regular_file()) files.push_back(item.path());
    }
    return files;
  }
  std::string Log() {
    const std::lock_guard lock(log_mutex_);
    return log_;
  }
  EntryRef Stream(std::string key, std::string_view body, bool say_length = true) {
    StoreRequest request = MakeStore(std::move(key));
    if (say_length) request.length = body.size();
    auto writer = space_->Begin(std::move(request));
    if (!writer) return nullptr;
    constexpr size_t kPiece = 50'000;  // no divisor of a block
    for (size_t at = 0; at < body.size(); at += kPiece) {
      const Writer::Result result = (*writer)->Append(http::Bytes::Copy(body.substr(at, kPiece)));
      if (result == Writer::Result::kRefused) return nullptr;
      if (result == Writer::Result::kOk) continue;
      bool writable = false;
      (*writer)->WhenWritable(executor_, [&] { writable = true; });
      executor_->RunUntil([&] { return writable; });
    }
    return (*writer)->Commit();
  }
  static void Overwrite(const fs::path& path, uint64_t offset, std::string_view bytes) {
    const int fd = ::open(path.c_str(), O_WRONLY);
    ASSERT_GE(fd, 0);
    EXPECT_EQ(::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset)), static_cast<ssize_t>(bytes.size()));
    ::close(fd);
  }

  sqlite::ScratchFolder scratch_;
  std::mutex log_mutex_;
  std::string log_;
};

}  // namespace verge::cache

#endif  // TESTS_CACHE_DISK_FIXTURE_H_
