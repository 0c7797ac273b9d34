// The cache's way back to a shard's thread.
#ifndef BINDINGS_CACHE_SHARD_EXECUTOR_H_
#define BINDINGS_CACHE_SHARD_EXECUTOR_H_

#include <memory>
#include <mutex>
#include <vector>

#include "cache/executor.h"

namespace verge::runtime {
class Shard;
}

namespace verge::bindings {

// Shared by the shard's host and whoever may still have something for it.
class ShardExecutor final : public cache::Executor, public std::enable_shared_from_this<ShardExecutor> {
 public:
  explicit ShardExecutor(runtime::Shard* shard) : shard_(shard) {}

  void Post(cache::Task task) override;

  // On the shard's thread, before it goes: what has not run is dropped, as is all that comes later.
  void Close();

 private:
  void Run();

  std::mutex mutex_;
  runtime::Shard* shard_;  // null: closed
  std::vector<cache::Task> tasks_;
};

}  // namespace verge::bindings

#endif  // BINDINGS_CACHE_SHARD_EXECUTOR_H_
