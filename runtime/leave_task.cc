#include "runtime/leave_task.h"

#include "runtime/shard.h"

namespace verge::runtime {

void LeaveTask::Schedule(Shard& shard) {
  if (list_) return;
  shard.leave_tasks().Add(this);
  if (!shard.current_entry()) shard.leave_tasks().Run();
}

void LeaveTask::Unschedule() {
  if (list_) list_->Remove(this);
}

void LeaveTasks::Add(LeaveTask* task) {
  task->list_ = this;
  task->previous_ = last_;
  task->next_ = nullptr;
  (last_ ? last_->next_ : first_) = task;
  last_ = task;
}

void LeaveTasks::Remove(LeaveTask* task) {
  (task->previous_ ? task->previous_->next_ : first_) = task->next_;
  (task->next_ ? task->next_->previous_ : last_) = task->previous_;
  task->list_ = nullptr;
  task->previous_ = task->next_ = nullptr;
}

void LeaveTasks::Run() {
  if (running_) return;
  running_ = true;
  while (LeaveTask* task = first_) {
    Remove(task);
    task->OnIsolateLeft();
  }
  running_ = false;
}

}  // namespace verge::runtime
