#include "bindings/cache/shard_executor.h"

#include <utility>

#include "runtime/shard.h"

namespace verge::bindings {

void ShardExecutor::Post(cache::Task task) {
  std::unique_lock lock(mutex_);
  if (!shard_) return;
  tasks_.push_back(std::move(task));
  // The loop is woken once for all that arrive until it looks.
  if (tasks_.size() == 1) shard_->Post([self = shared_from_this()] { self->Run(); });
}

void ShardExecutor::Run() {
  std::vector<cache::Task> tasks;
  {
    std::unique_lock lock(mutex_);
    tasks.swap(tasks_);
  }
  for (cache::Task& task : tasks) {
    {
      std::unique_lock lock(mutex_);
      if (!shard_) return;
    }
    task();
  }
}

void ShardExecutor::Close() {
  std::vector<cache::Task> dropped;
  std::unique_lock lock(mutex_);
  shard_ = nullptr;
  dropped.swap(tasks_);
  lock.unlock();
}

}  // namespace verge::bindings
