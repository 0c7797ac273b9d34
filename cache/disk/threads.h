// The threads that wait for the cache's disk.
#ifndef CACHE_DISK_THREADS_H_
#define CACHE_DISK_THREADS_H_

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "sqlite/thread_pool.h"

namespace verge::cache {

// A pool that can be closed while somebody still has it. Thread-safe.
class DiskThreads {
 public:
  DiskThreads(size_t most, std::string name) : pool_(std::make_unique<sqlite::ThreadPool>(most, std::move(name))) {}

  // False: it is closed, and `function` was not called.
  template <typename F>
  [[nodiscard]] bool Post(F&& function) {
    const std::lock_guard lock(mutex_);
    if (!pool_) return false;
    pool_->PostFunction(std::forward<F>(function));
    return true;
  }

  // Runs what was posted and ends the threads. Not on one of them.
  void Close() {
    std::unique_ptr<sqlite::ThreadPool> pool;
    {
      const std::lock_guard lock(mutex_);
      pool = std::move(pool_);
    }
  }

 private:
  std::mutex mutex_;
  std::unique_ptr<sqlite::ThreadPool> pool_;
};

}  // namespace verge::cache

#endif  // CACHE_DISK_THREADS_H_
