// Work that a turn of JavaScript asks for and that must not happen below it: writing to sockets.
#ifndef RUNTIME_LEAVE_TASK_H_
#define RUNTIME_LEAVE_TASK_H_

namespace verge::runtime {

class LeaveTasks;
class Shard;

// Run once, soon after it was scheduled: when the running turn has left the isolate, or at once when no JavaScript
// runs. On the shard's thread. Destroying it takes it back.
class LeaveTask {
 public:
  LeaveTask() = default;
  LeaveTask(const LeaveTask&) = delete;
  LeaveTask& operator=(const LeaveTask&) = delete;

 protected:
  virtual ~LeaveTask() { Unschedule(); }

  void Schedule(Shard& shard);  // idempotent
  void Unschedule();
  // May destroy the task.
  virtual void OnIsolateLeft() = 0;

 private:
  friend class LeaveTasks;
  LeaveTasks* list_ = nullptr;
  LeaveTask* previous_ = nullptr;
  LeaveTask* next_ = nullptr;
};

// Those scheduled on one shard, in order.
class LeaveTasks {
 public:
  // Tasks may enter JavaScript and schedule more: the outermost call runs them all.
  void Run();

 private:
  friend class LeaveTask;
  void Add(LeaveTask* task);
  void Remove(LeaveTask* task);

  LeaveTask* first_ = nullptr;
  LeaveTask* last_ = nullptr;
  bool running_ = false;
};

}  // namespace verge::runtime

#endif  // RUNTIME_LEAVE_TASK_H_
