// A service on a folder of its own, with a clock that stands still until it is moved.
#ifndef TESTS_KV_FIXTURE_H_
#define TESTS_KV_FIXTURE_H_

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kv/clock.h"
#include "kv/namespace.h"
#include "kv/service.h"
#include "kv/value.h"
#include "sqlite/state_directory.h"
#include "sqlite/thread_pool.h"
#include "tests/sqlite/scratch_folder.h"

namespace verge::kv {

class TestClock final : public Clock {
 public:
  [[nodiscard]] int64_t Now() const override { return now.load(); }
  std::atomic<int64_t> now{1'000'000};
};

inline ValuePtr MakeValue(std::string_view text, int64_t expiration = 0,
                          std::optional<std::string> metadata = std::nullopt) {
  auto value = std::make_shared<Value>();
  value->Append(text);
  value->expiration = expiration;
  value->has_metadata = metadata.has_value();
  if (metadata) value->metadata = *metadata;
  return value;
}

// One process's view of the store. Two of them on one folder are two processes, as far as they can tell.
class TestProcess {
 public:
  explicit TestProcess(const std::string& folder, const Clock* clock, ServiceOptions options = {})
      : directory_(folder), service_(directory_, commits_, reads_, [&] {
          options.clock = clock;
          return options;
        }()) {}

  std::shared_ptr<Namespace> Open(const std::string& id = "ns") { return service_.Open(id); }
  Service& service() { return service_; }
  [[nodiscard]] const sqlite::StateDirectory& directory() const { return directory_; }

 private:
  sqlite::StateDirectory directory_;
  sqlite::ThreadPool commits_{4};
  sqlite::ThreadPool reads_{2};
  Service service_;
};

class KvTest : public ::testing::Test {
 protected:
  KvTest() {
    ServiceOptions options;
    options.sweep_interval = std::chrono::milliseconds(0);
    options_ = options;
    process_ = std::make_unique<TestProcess>(folder_.Path("state"), &clock_, options);
    ns_ = process_->Open();
  }
  void Restart() {
    ns_.reset();
    process_.reset();
    process_ = std::make_unique<TestProcess>(folder_.Path("state"), &clock_, options_);
    ns_ = process_->Open();
  }

  static sqlite::Result<> Put(Namespace& ns, std::string key, ValuePtr value) {
    return Namespace::Wait(
        [&](Namespace::WriteDone done) { return ns.Put(std::move(key), std::move(value), std::move(done)); });
  }
  static sqlite::Result<> Delete(Namespace& ns, std::vector<std::string> keys) {
    return Namespace::Wait([&](Namespace::WriteDone done) { return ns.Delete(std::move(keys), std::move(done)); });
  }
  // As the binding does it: what is known, or else a query.
  static std::optional<std::string> Get(Namespace& ns, const std::string& key) {
    ValuePtr value;
    if (!ns.TryGet(key, &value)) {
      auto read = ns.GetNow({&key, 1}, UINT64_MAX);
      EXPECT_TRUE(read) << read.error().message;
      if (!read) return std::nullopt;
      value = (*read)[0];
    }
    return value ? std::optional(value->Join()) : std::nullopt;
  }
  static std::vector<std::string> Names(const ListPage& page) {
    std::vector<std::string> names;
    for (const ListedKey& key : page.keys) names.push_back(key.name);
    return names;
  }
  static ListPage List(Namespace& ns, ListRequest request = {}) {
    auto page = ns.ListNow(request);
    EXPECT_TRUE(page);
    return page ? *std::move(page) : ListPage();
  }

  sqlite::ScratchFolder folder_;
  TestClock clock_;
  ServiceOptions options_;
  std::unique_ptr<TestProcess> process_;
  std::shared_ptr<Namespace> ns_;
};

}  // namespace verge::kv

#endif  // TESTS_KV_FIXTURE_H_
