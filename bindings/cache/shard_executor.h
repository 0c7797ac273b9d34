// The cache's way back to a shard's thread.
#ifndef BINDINGS_CACHE_SHARD_EXECUTOR_H_
#define BINDINGS_CACHE_SHARD_EXECUTOR_H_

#include <memory>

#include "cache/executor.h"

namespace verge::runtime {
class Shard;
class ShardMailbox;
}  // namespace verge::runtime

namespace verge::bindings {

// Shared by a worker's host on the shard and whoever may still have something for it.
class ShardExecutor final : public cache::Executor, public std::enable_shared_from_this<ShardExecutor> {
 public:
  explicit ShardExecutor(runtime::Shard& shard);

  void Post(cache::Task task) override;

  // On the shard's thread, before the host goes: what has not run by now never does.
  void Close() { closed_ = true; }

 private:
  class Mail;

  const std::shared_ptr<runtime::ShardMailbox> mailbox_;
  bool closed_ = false;  // of the shard's thread
};

}  // namespace verge::bindings

#endif  // BINDINGS_CACHE_SHARD_EXECUTOR_H_
