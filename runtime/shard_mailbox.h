// What threads elsewhere have finished, on its way back to a shard: completions of reads and writes on the storage's
// threads.
#ifndef RUNTIME_SHARD_MAILBOX_H_
#define RUNTIME_SHARD_MAILBOX_H_

#include <uv.h>

#include <memory>
#include <mutex>

namespace verge::runtime {

// Something that arrives. Intrusive: posting allocates nothing. Owns itself: exactly one of the two is called, and it
// deletes itself there or lives on as it likes.
//
// The usual one is an operation that is an AwaitIo as well. It is made on the shard, handed to a pool by a job that
// points to it, and belongs to that job until it arrives: OnInvocationEnd calls Abandon() and remembers that nobody
// waits any more, and OnMail settles or, in that case, only deletes it.
class MailboxTask {
 public:
  MailboxTask() = default;
  MailboxTask(const MailboxTask&) = delete;
  MailboxTask& operator=(const MailboxTask&) = delete;

  // On the shard's thread, from the loop: not in an isolate.
  virtual void OnMail() = 0;
  // The shard is gone, and every invocation with it. On whatever thread: touch nothing of the shard or of V8.
  virtual void OnShardGone() { delete this; }

 protected:
  virtual ~MailboxTask() = default;

 private:
  friend class ShardMailbox;
  MailboxTask* next_ = nullptr;
};

// Shared by the shard and by whoever may still have something for it: holders of the pointer need not know whether the
// shard lives.
class ShardMailbox {
 public:
  // On the shard's thread.
  static std::shared_ptr<ShardMailbox> Create(uv_loop_t* loop);
  ~ShardMailbox() = default;
  ShardMailbox(const ShardMailbox&) = delete;
  ShardMailbox& operator=(const ShardMailbox&) = delete;

  // Any thread. The loop is woken once for all that arrive until it looks; they are delivered in order.
  void Post(MailboxTask* task);

  // On the shard's thread, before its loop ends: what has not been delivered is told that the shard is gone, as is all
  // that comes later.
  void Close();

 private:
  ShardMailbox() = default;
  void Deliver();
  static void Drop(MailboxTask* task);

  std::mutex mutex_;
  MailboxTask* first_ = nullptr;
  MailboxTask* last_ = nullptr;
  // Null once closed. Freed by its close callback: libuv keeps it until then.
  uv_async_t* wake_ = nullptr;
};

}  // namespace verge::runtime

#endif  // RUNTIME_SHARD_MAILBOX_H_
