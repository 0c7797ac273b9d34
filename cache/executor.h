// How results come back to the thread that waits for them.
#ifndef CACHE_EXECUTOR_H_
#define CACHE_EXECUTOR_H_

#include <functional>

namespace verge::cache {

// A closure that runs once. Whoever drops it without running it must be able to do so on any thread.
using Task = std::move_only_function<void()>;

// One thread's queue (a shard's mailbox). Shared: the cache keeps it for as long as somebody waits there.
class Executor {
 public:
  virtual ~Executor() = default;

  // From any thread. Runs `task` on the executor's thread, later, never from within the call, in the order posted;
  // drops it when that thread is gone.
  virtual void Post(Task task) = 0;
};

}  // namespace verge::cache

#endif  // CACHE_EXECUTOR_H_
