#include "runtime/shard_mailbox.h"

#include <utility>

namespace verge::runtime {

std::shared_ptr<ShardMailbox> ShardMailbox::Create(uv_loop_t* loop) {
  std::shared_ptr<ShardMailbox> mailbox(new ShardMailbox());
  mailbox->wake_ = new uv_async_t;
  mailbox->wake_->data = mailbox.get();
  uv_async_init(loop, mailbox->wake_, [](uv_async_t* handle) { static_cast<ShardMailbox*>(handle->data)->Deliver(); });
  return mailbox;
}

void ShardMailbox::Post(MailboxTask* task) {
  task->next_ = nullptr;
  {
    std::lock_guard lock(mutex_);
    if (wake_) {
      bool first = !first_;
      (last_ ? last_->next_ : first_) = task;
      last_ = task;
      // Under the lock: the handle may be closed as soon as it is released.
      if (first) uv_async_send(wake_);
      return;
    }
  }
  Drop(task);
}

void ShardMailbox::Deliver() {
  MailboxTask* task = nullptr;
  {
    std::lock_guard lock(mutex_);
    task = std::exchange(first_, nullptr);
    last_ = nullptr;
  }
  while (task) {
    MailboxTask* next = task->next_;
    task->OnMail();
    task = next;
  }
}

void ShardMailbox::Drop(MailboxTask* task) {
  while (task) {
    MailboxTask* next = task->next_;
    task->OnShardGone();
    task = next;
  }
}

void ShardMailbox::Close() {
  MailboxTask* left = nullptr;
  {
    std::lock_guard lock(mutex_);
    if (!wake_) return;
    left = std::exchange(first_, nullptr);
    last_ = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(std::exchange(wake_, nullptr)),
             [](uv_handle_t* handle) { delete reinterpret_cast<uv_async_t*>(handle); });
  }
  Drop(left);
}

}  // namespace verge::runtime
