// Operations on a namespace that do not end in place: reads that miss the cache, and all writes.
#ifndef BINDINGS_KV_KV_OPERATION_H_
#define BINDINGS_KV_KV_OPERATION_H_

#include <v8.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bindings/core/convert.h"
#include "bindings/core/error.h"
#include "kv/namespace.h"
#include "runtime/await_io.h"
#include "runtime/meter.h"
#include "runtime/shard_mailbox.h"

namespace verge::bindings {

// Made on the shard, finished on a thread of the storage, settled on the shard. When its invocation ends first, it only
// comes back to be deleted: a write happens all the same.
class KvOperation : public runtime::AwaitIo, public runtime::MailboxTask {
 public:
  // On whichever thread: the operation has its result. It belongs to its shard from then on.
  void Post() { mailbox_->Post(this); }

  void OnMail() final;
  void OnInvocationEnd() override;

 protected:
  KvOperation(runtime::Invocation* invocation, std::string_view name);

  // In the isolate: what the promise is resolved with.
  virtual Result<v8::Local<v8::Value>> Finish(Cx& cx) = 0;

  // Settles in place, or from the loop, an operation that nobody else has. Deletes it.
  void FinishNow();
  // The error for JavaScript. What a worker should not know of it (paths, the state of disks) goes to the log.
  Error Report(const sqlite::Error& error) const;

  int64_t cpu_ns_ = 0;  // that other threads have used

 private:
  runtime::Shard& shard_;
  const std::shared_ptr<runtime::ShardMailbox> mailbox_;
  const std::string_view name_;  // "PUT"
  bool abandoned_ = false;
  runtime::WorkerMeter* const meter_;  // may be null
  const uint64_t start_ns_;
};

// What JavaScript gets of values that were read. Called once, in the isolate.
using KvMakeValues = std::move_only_function<Result<v8::Local<v8::Value>>(Cx&, std::vector<kv::ValuePtr>)>;

// Reads keys. `name` is that of the operation in errors.
Result<v8::Local<v8::Value>> KvRead(Cx& cx, runtime::Invocation* invocation, kv::Namespace& name_space,
                                    std::string_view name, std::vector<std::string> keys, uint64_t max_bytes,
                                    KvMakeValues make);

Result<v8::Local<v8::Value>> KvList(Cx& cx, runtime::Invocation* invocation, kv::Namespace& name_space,
                                    kv::ListRequest request);

// A write: `start` hands it to the namespace.
using KvStartWrite = std::move_only_function<sqlite::Result<>(kv::Namespace::WriteDone)>;
Result<v8::Local<v8::Value>> KvWrite(Cx& cx, runtime::Invocation* invocation, std::string_view name,
                                     KvStartWrite start);

}  // namespace verge::bindings

#endif  // BINDINGS_KV_KV_OPERATION_H_
