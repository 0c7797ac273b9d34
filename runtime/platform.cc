#include "runtime/platform.h"

#include <time.h>

#include <chrono>
#include <cmath>
#include <string>
#include <unordered_set>
#include <utility>

#include "runtime/js_entry.h"
#include "runtime/shard.h"
#include "runtime/worker_isolate.h"

namespace verge::runtime {
namespace {

thread_local double t_frozen_wall_ms = -1;

double ReadMs(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

}  // namespace

double ThreadClock::WallMs() { return t_frozen_wall_ms >= 0 ? t_frozen_wall_ms : ReadMs(CLOCK_REALTIME); }
void ThreadClock::Freeze(double wall_ms) { t_frozen_wall_ms = wall_ms; }
void ThreadClock::Unfreeze() { t_frozen_wall_ms = -1; }

// Tasks that V8 posts for an isolate's thread: from its own worker threads (a finished compilation or collection) or
// from the thread itself. They reach the shard's loop as posted functions; the runner is cut off from the shard before
// the isolate goes.
class Platform::IsolateTaskRunner final : public v8::TaskRunner,
                                          public std::enable_shared_from_this<Platform::IsolateTaskRunner> {
 public:
  IsolateTaskRunner(v8::Isolate* isolate, Shard* shard) : isolate_(isolate), shard_(shard) {}

  bool IdleTasksEnabled() override { return false; }
  bool NonNestableTasksEnabled() const override { return true; }
  bool NonNestableDelayedTasksEnabled() const override { return true; }

  // Nothing runs after this returns. On the shard's thread.
  void Disconnect() {
    Shard* shard = this->shard();
    for (Delayed* each : delayed_) {
      if (shard) shard->timers().Cancel(each);
      delete each;
    }
    delayed_.clear();
    std::lock_guard lock(mutex_);
    shard_ = nullptr;
  }

 protected:
  void PostTaskImpl(std::unique_ptr<v8::Task> task, const v8::SourceLocation&) override { Post(std::move(task), 0); }
  void PostNonNestableTaskImpl(std::unique_ptr<v8::Task> task, const v8::SourceLocation&) override {
    Post(std::move(task), 0);
  }
  void PostDelayedTaskImpl(std::unique_ptr<v8::Task> task, double delay_seconds, const v8::SourceLocation&) override {
    Post(std::move(task), delay_seconds);
  }
  void PostNonNestableDelayedTaskImpl(std::unique_ptr<v8::Task> task, double delay_seconds,
                                      const v8::SourceLocation&) override {
    Post(std::move(task), delay_seconds);
  }

 private:
  // A delayed task waits in the loop's timers; one that is pending when the isolate goes is dropped.
  class Delayed final : public TimerQueue::Timer {
   public:
    Delayed(std::shared_ptr<IsolateTaskRunner> runner, std::unique_ptr<v8::Task> task)
        : runner_(std::move(runner)), task_(std::move(task)) {}
    void OnTimer() override {
      runner_->delayed_.erase(this);
      runner_->Run(std::move(task_));
      delete this;
    }

   private:
    std::shared_ptr<IsolateTaskRunner> runner_;
    std::unique_ptr<v8::Task> task_;
  };

  void Post(std::unique_ptr<v8::Task> task, double delay_seconds) {
    std::lock_guard lock(mutex_);
    if (!shard_) return;
    // std::function wants to be copied: the task travels in a shared pointer.
    auto shared = std::make_shared<std::unique_ptr<v8::Task>>(std::move(task));
    auto delay_ms = static_cast<uint64_t>(std::ceil(delay_seconds * 1e3));
    shard_->Post([self = shared_from_this(), shared, delay_ms] {
      if (delay_ms == 0) {
        self->Run(std::move(*shared));
      } else if (Shard* shard = self->shard()) {
        auto* delayed = new Delayed(self, std::move(*shared));
        self->delayed_.insert(delayed);
        shard->timers().Set(delayed, delay_ms);
      }
    });
  }

  Shard* shard() {
    std::lock_guard lock(mutex_);
    return shard_;
  }

  void Run(std::unique_ptr<v8::Task> task) {
    if (!shard()) return;
    WorkerIsolate& worker = WorkerIsolate::From(isolate_);
    // Most are V8's own; some run code of the worker, callbacks of a FinalizationRegistry for example.
    const auto budget = std::chrono::nanoseconds(worker.limits().cpu);
    JsEntry entry(worker, nullptr, budget.count());
    task->Run();
  }

  v8::Isolate* const isolate_;
  std::unordered_set<Delayed*> delayed_;  // on the shard's thread
  std::mutex mutex_;
  Shard* shard_;
};

Platform& Platform::Initialize() {
  // Never destroyed: V8 uses it until the process ends.
  static Platform* platform = [] {
    auto* instance = new Platform();
    // V8 13.6 takes the number of turns of an inner loop (the one that fills `new Array(1000)`) for that of the endless
    // loop around it, and removes the stack check by which TerminateExecution ends loops.
    v8::V8::SetFlagsFromString("--no-turboshaft-loop-unrolling");
    // It is a part of the binary: adding it up for every isolate finds nothing.
    v8::V8::SetFlagsFromString("--no-verify-snapshot-checksum");
    v8::V8::InitializePlatform(instance);
    v8::V8::Initialize();
    return instance;
  }();
  return *platform;
}

Platform::Platform()
    : workers_(v8::platform::NewDefaultPlatform(0, v8::platform::IdleTaskSupport::kDisabled)),
      nobody_(std::make_shared<IsolateTaskRunner>(nullptr, nullptr)) {}

void Platform::Register(v8::Isolate* isolate, Shard* shard) {
  std::lock_guard lock(mutex_);
  runners_[isolate] = std::make_shared<IsolateTaskRunner>(isolate, shard);
}

void Platform::Unregister(v8::Isolate* isolate) {
  std::shared_ptr<IsolateTaskRunner> runner;
  {
    std::lock_guard lock(mutex_);
    auto found = runners_.find(isolate);
    if (found == runners_.end()) return;
    runner = std::move(found->second);
    runners_.erase(found);
  }
  runner->Disconnect();
}

int Platform::NumberOfWorkerThreads() { return workers_->NumberOfWorkerThreads(); }

std::shared_ptr<v8::TaskRunner> Platform::GetForegroundTaskRunner(v8::Isolate* isolate, v8::TaskPriority) {
  std::lock_guard lock(mutex_);
  if (auto found = runners_.find(isolate); found != runners_.end()) return found->second;
  // Without a shard an isolate is being disposed of, or is the one that the snapshot is built in: its tasks are
  // dropped.
  return nobody_;
}

double Platform::MonotonicallyIncreasingTime() { return ReadMs(CLOCK_MONOTONIC) / 1e3; }
double Platform::CurrentClockTimeMillis() { return ThreadClock::WallMs(); }
v8::TracingController* Platform::GetTracingController() { return workers_->GetTracingController(); }
v8::PageAllocator* Platform::GetPageAllocator() { return workers_->GetPageAllocator(); }

std::unique_ptr<v8::JobHandle> Platform::CreateJobImpl(v8::TaskPriority priority, std::unique_ptr<v8::JobTask> job,
                                                       const v8::SourceLocation& location) {
  return workers_->CreateJob(priority, std::move(job), location);
}
void Platform::PostTaskOnWorkerThreadImpl(v8::TaskPriority priority, std::unique_ptr<v8::Task> task,
                                          const v8::SourceLocation& location) {
  workers_->PostTaskOnWorkerThread(priority, std::move(task), location);
}
void Platform::PostDelayedTaskOnWorkerThreadImpl(v8::TaskPriority priority, std::unique_ptr<v8::Task> task,
                                                 double delay_seconds, const v8::SourceLocation& location) {
  workers_->PostDelayedTaskOnWorkerThread(priority, std::move(task), delay_seconds, location);
}

}  // namespace verge::runtime
