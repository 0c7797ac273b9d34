// A service with a clock that stands still until it is moved, and an executor that runs when the test says so.
#ifndef TESTS_CACHE_FIXTURE_H_
#define TESTS_CACHE_FIXTURE_H_

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cache/entry.h"
#include "cache/executor.h"
#include "cache/service.h"
#include "cache/time.h"
#include "cache/writer.h"
#include "http/body.h"

namespace verge::cache {

inline constexpr Time kStart = std::chrono::sys_days(std::chrono::year(2026) / 11 / 29);

class TestClock final : public Clock {
 public:
  [[nodiscard]] Time Now() const override { return Time(Millis(now_.load())); }
  void Advance(Millis by) { now_ += by.count(); }

 private:
  std::atomic<int64_t> now_{kStart.time_since_epoch().count()};
};

// Runs what is posted when it is told to, on the thread that tells it.
class TestExecutor final : public Executor {
 public:
  void Post(Task task) override {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    posted_.notify_all();
  }
  // What is there now and what that posts.
  void Run() {
    while (std::optional<Task> task = Next(false)) (*task)();
  }
  // Waits for other threads, too. A minute without anything is a failure.
  template <typename F>
  bool RunUntil(F condition) {
    while (!condition()) {
      std::optional<Task> task = Next(true);
      if (!task) {
        ADD_FAILURE() << "nothing came";
        return false;
      }
      (*task)();
    }
    return true;
  }

 private:
  std::optional<Task> Next(bool wait) {
    std::unique_lock lock(mutex_);
    if (wait) posted_.wait_for(lock, std::chrono::minutes(1), [this] { return !tasks_.empty(); });
    if (tasks_.empty()) return std::nullopt;
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    return task;
  }

  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<Task> tasks_;
};

// Reads a body as fast as it comes; or, when `paused`, a chunk for each Next.
class TestSink final : public http::BodySink {
 public:
  explicit TestSink(http::Ref<http::BodySource> source, bool paused = false)
      : source_(std::move(source)), paused_(paused) {
    if (!paused_) Next();
  }
  void Next() {
    do {
      again_ = false;
      pulling_ = true;
      source_->Pull(this);
      pulling_ = false;
    } while (again_);
  }
  void Resume() {
    paused_ = false;
    Next();
  }
  void Cancel() { source_->Cancel(); }

  std::string text;
  size_t chunks = 0;
  bool ended = false;
  std::optional<std::string> error;
  [[nodiscard]] bool over() const { return ended || error; }

 private:
  void OnChunk(http::Bytes chunk) override {
    EXPECT_FALSE(chunk.empty());
    text += chunk.view();
    ++chunks;
    if (paused_) return;
    if (pulling_) {
      again_ = true;
    } else {
      Next();
    }
  }
  void OnEnd() override { ended = true; }
  void OnError(http::BodyError, std::string_view message) override { error = message; }

  http::Ref<http::BodySource> source_;
  bool paused_;
  bool pulling_ = false;
  bool again_ = false;
};

inline Metadata MakeMetadata(const std::vector<HeaderField>& fields = {}, Seconds freshness = Seconds(3600)) {
  Metadata metadata;
  metadata.fields = FieldList::Copy(fields);
  metadata.lifetime.response_time = kStart;
  metadata.lifetime.freshness = freshness;
  return metadata;
}

inline StoreRequest MakeStore(std::string key, const std::vector<HeaderField>& fields = {}) {
  StoreRequest request;
  request.key = std::move(key);
  request.metadata = MakeMetadata(fields);
  return request;
}

// Bytes in which no place looks like another.
inline std::string Pattern(size_t size, uint32_t seed = 1) {
  std::string text(size, '\0');
  uint32_t state = seed * 2654435761u + 12345;
  for (char& c : text) {
    state = state * 1664525u + 1013904223u;
    c = static_cast<char>(state >> 24);
  }
  return text;
}

class StoreTest : public ::testing::Test {
 protected:
  void Open(Options options = {}) {
    options.clock = &clock_;
    service_ = Service::Create(std::move(options));
    space_ = service_->Open("owner", "name");
  }
  EntryRef Put(std::string key, std::string_view body) {
    return space_->Put(MakeStore(std::move(key)), http::Bytes::Copy(body));
  }
  bool Has(std::string_view key) { return space_->Find(key, {}).entry != nullptr; }
  std::string Read(const EntryRef& entry, std::optional<ByteRange> range = std::nullopt) {
    TestSink sink(OpenBody(entry, executor_, range));
    executor_->RunUntil([&] { return sink.over(); });
    EXPECT_EQ(sink.error, std::nullopt);
    return sink.text;
  }

  TestClock clock_;
  std::shared_ptr<TestExecutor> executor_ = std::make_shared<TestExecutor>();
  std::shared_ptr<Service> service_;
  std::shared_ptr<Namespace> space_;
};

}  // namespace verge::cache

#endif  // TESTS_CACHE_FIXTURE_H_
