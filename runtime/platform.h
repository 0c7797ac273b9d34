// V8's platform: worker threads from V8's default one, foreground tasks on the shard that owns the isolate, and the
// clock that JavaScript sees.
#ifndef RUNTIME_PLATFORM_H_
#define RUNTIME_PLATFORM_H_

#include <libplatform/libplatform.h>
#include <v8.h>

#include <memory>
#include <mutex>
#include <unordered_map>

namespace verge::runtime {

class Shard;

// The time that Date.now() and performance.now() show on this thread. While frozen it stands still: in `serve` it moves
// on only when an invocation is entered after I/O, so that code cannot time its own CPU work.
class ThreadClock {
 public:
  // Milliseconds since the epoch.
  static double WallMs();

  // Sets what WallMs gives from now on, on this thread.
  static void Freeze(double wall_ms);
  static void Unfreeze();
};

class Platform final : public v8::Platform {
 public:
  // Initialises V8 for the process, once. Flags that every isolate needs are set here.
  static Platform& Initialize();

  // Tasks of `isolate` run on `shard`'s loop from now on, until Unregister.
  void Register(v8::Isolate* isolate, Shard* shard);
  void Unregister(v8::Isolate* isolate);

  int NumberOfWorkerThreads() override;
  std::shared_ptr<v8::TaskRunner> GetForegroundTaskRunner(v8::Isolate* isolate, v8::TaskPriority priority) override;
  bool IdleTasksEnabled(v8::Isolate*) override { return false; }
  double MonotonicallyIncreasingTime() override;
  double CurrentClockTimeMillis() override;
  v8::TracingController* GetTracingController() override;
  v8::PageAllocator* GetPageAllocator() override;

 protected:
  std::unique_ptr<v8::JobHandle> CreateJobImpl(v8::TaskPriority priority, std::unique_ptr<v8::JobTask> job,
                                               const v8::SourceLocation& location) override;
  void PostTaskOnWorkerThreadImpl(v8::TaskPriority priority, std::unique_ptr<v8::Task> task,
                                  const v8::SourceLocation& location) override;
  void PostDelayedTaskOnWorkerThreadImpl(v8::TaskPriority priority, std::unique_ptr<v8::Task> task,
                                         double delay_seconds, const v8::SourceLocation& location) override;

 private:
  class IsolateTaskRunner;

  Platform();

  std::unique_ptr<v8::Platform> workers_;
  std::shared_ptr<IsolateTaskRunner> nobody_;  // for isolates without a shard
  std::mutex mutex_;
  std::unordered_map<v8::Isolate*, std::shared_ptr<IsolateTaskRunner>> runners_;
};

}  // namespace verge::runtime

#endif  // RUNTIME_PLATFORM_H_
