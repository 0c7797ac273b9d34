// A shard: one thread with its event loop, isolates, timers and invocations. Nothing of it is shared with others.
#ifndef RUNTIME_SHARD_H_
#define RUNTIME_SHARD_H_

#include <uv.h>
#include <v8.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "http/client/client.h"
#include "runtime/leave_task.h"
#include "runtime/log.h"
#include "runtime/shard_mailbox.h"
#include "runtime/timer_queue.h"
#include "runtime/watchdog.h"

namespace verge::runtime {

class Invocation;
class JsEntry;
class WorkerIsolate;

struct ShardOptions {
  int index = 0;
  Watchdog* watchdog = nullptr;
  LogSink* log = nullptr;
  // Whether time stands still for JavaScript while it runs.
  bool freeze_clocks = true;
  // Requests to the outside: which addresses are allowed, timeouts.
  http::ClientOptions outbound;
};

// Created, used and destroyed on its own thread; only Post and Wake may be called from others.
class Shard {
 public:
  explicit Shard(const ShardOptions& options);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  uv_loop_t* loop() { return &loop_; }
  [[nodiscard]] int index() const { return options_.index; }
  [[nodiscard]] bool freeze_clocks() const { return options_.freeze_clocks; }
  LogSink& log() { return *options_.log; }
  TimerQueue& timers() { return *timers_; }
  LeaveTasks& leave_tasks() { return leave_tasks_; }

  // Outbound connections, shared by the shard's workers. Made when it is first asked for.
  http::Client& client();

  // Runs the loop until Stop.
  void Run();
  void Stop();

  // Runs `task` on this shard's thread, in order. Any thread.
  void Post(std::function<void()> task);

  // For what other threads finish for this shard: outlives it. Asked for on the shard's thread, used on any.
  const std::shared_ptr<ShardMailbox>& mailbox() const { return mailbox_; }

  // --- Invocations that are open, found by their number. A number comes again only after four billion others.
  uint32_t Add(Invocation* invocation);
  void Remove(uint32_t id);
  Invocation* Find(uint32_t id) const {
    const auto& slot = invocations_[id & mask_];
    return slot.id == id ? slot.invocation : nullptr;
  }
  [[nodiscard]] size_t open_invocations() const { return open_; }

  // --- Isolates that are retired and without invocations are disposed of from the loop, never from within a call.
  void DisposeLater(std::unique_ptr<WorkerIsolate> isolate);

  // Makes `isolate` the one that is entered on this thread. It stays entered after a turn: entering costs V8 a lock and
  // an allocation, and the next turn is most often in the same isolate.
  void EnterIsolate(v8::Isolate* isolate) {
    if (isolate == entered_) [[likely]]
      return;
    if (entered_) entered_->Exit();
    entered_ = isolate;
    isolate->Enter();
  }
  // To be called before `isolate` is disposed of.
  void LeaveIsolate(v8::Isolate* isolate) {
    if (isolate != entered_) return;
    entered_ = nullptr;
    isolate->Exit();
  }

  // The innermost entry into JavaScript on this thread, or null.
  JsEntry* current_entry() const { return current_entry_; }

  // CPU time in a turn that took `wall_ns`, read from the thread's clock only where the two can differ noticeably.
  int64_t CpuOfTurn(int64_t wall_ns);

  // Milliseconds since the epoch for a reading of the monotonic clock.
  double WallMs(int64_t monotonic_ns);

 private:
  friend class JsEntry;

  struct InvocationSlot {
    uint32_t id = 0;
    Invocation* invocation = nullptr;
  };

  void RunPosted();
  void Grow();

  ShardOptions options_;
  uv_loop_t loop_;
  uv_async_t wake_;
  std::unique_ptr<TimerQueue> timers_;
  LeaveTasks leave_tasks_;
  std::unique_ptr<http::Client> client_;
  Watchdog::Slot* watchdog_slot_ = nullptr;
  JsEntry* current_entry_ = nullptr;
  v8::Isolate* entered_ = nullptr;

  std::shared_ptr<ShardMailbox> mailbox_;
  std::mutex posted_mutex_;
  std::vector<std::function<void()>> posted_;

  std::vector<InvocationSlot> invocations_;
  uint32_t mask_ = 0;
  uint32_t next_id_ = 1;
  size_t open_ = 0;

  std::vector<std::unique_ptr<WorkerIsolate>> to_dispose_;
  int64_t cpu_base_ns_ = 0;
  int64_t wall_offset_ns_ = 0;
  int64_t wall_offset_read_ns_ = 0;
};

}  // namespace verge::runtime

#endif  // RUNTIME_SHARD_H_
