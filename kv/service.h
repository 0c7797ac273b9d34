// All namespaces of a process.
#ifndef KV_SERVICE_H_
#define KV_SERVICE_H_

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "kv/clock.h"
#include "kv/namespace.h"
#include "sqlite/periodic.h"
#include "sqlite/state_directory.h"
#include "sqlite/thread_pool.h"

namespace verge::kv {

class Cache;

struct ServiceOptions {
  const Clock* clock = &Clock::System();
  size_t cache_bytes = 64 << 20;  // of all namespaces together
  // How often expired entries are removed. They are gone for everybody as soon as they expire; this is for the disk.
  std::chrono::milliseconds sweep_interval{60'000};
  sqlite::GroupWriterOptions writer = {.max_queued_bytes = 128 << 20};
  const char* vfs = nullptr;  // for tests
};

// Thread-safe. Outlives its namespaces' users; the directory and the pools outlive it.
class Service {
 public:
  Service(const sqlite::StateDirectory& directory, sqlite::ThreadPool& commits, sqlite::ThreadPool& reads,
          ServiceOptions options = {});
  ~Service() = default;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // The namespace with that id, a StateDirectory::IsSafeId, in that space of the directory; the same object for the
  // same two. Its file is made by the first write.
  std::shared_ptr<Namespace> Open(const std::string& id, const std::string& space = {});

  // The namespaces that have files.
  [[nodiscard]] std::vector<std::string> Ids() const { return directory_.Ids("kv"); }

 private:
  void SweepAll();

  const sqlite::StateDirectory& directory_;
  sqlite::ThreadPool& commits_;
  sqlite::ThreadPool& reads_;
  const ServiceOptions options_;
  const std::shared_ptr<Cache> cache_;
  std::mutex mutex_;
  std::map<std::string, sqlite::StateDirectory> spaces_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<Namespace>> namespaces_;  // by space and id
  sqlite::Periodic sweeper_;  // runs once there is a namespace; ends before the rest
};

}  // namespace verge::kv

#endif  // KV_SERVICE_H_
