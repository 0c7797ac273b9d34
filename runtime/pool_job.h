// Long work outside JavaScript that needs no I/O: key derivation, signatures with large keys. It runs on uv's thread
// pool and settles a promise when it is done; its CPU time is charged to the invocation that asked for it.
#ifndef RUNTIME_POOL_JOB_H_
#define RUNTIME_POOL_JOB_H_

#include <uv.h>
#include <v8.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "runtime/await_io.h"

namespace verge::runtime {

// What a job may still use. Asked on the pool's thread by work that can take long, every hundred microseconds or so.
class JobBudget {
 public:
  // Whether to give up: the CPU time is used up, or nobody waits for the result any more.
  [[nodiscard]] bool exhausted() const;

 private:
  friend class PoolJob;
  std::atomic<bool> cancelled_{false};
  int64_t cpu_end_ns_ = INT64_MAX;  // of the pool thread's CPU clock
};

// Base of jobs. An invocation has one at a time in the pool, the others wait in its own queue: it occupies one thread,
// and what a job may use is known when it starts. Deletes itself.
class PoolJob : public AwaitIo {
 public:
  static constexpr uint32_t kMaxQueued = 10'000;

  // Whether another job with `bytes` of input may be queued: what waits is memory that no isolate's limit counts.
  static bool HasRoom(const Invocation& invocation, size_t bytes);

  // Takes over `this`. The promise to hand to JavaScript; empty: an exception is pending (or termination).
  v8::MaybeLocal<v8::Promise> Start(v8::Local<v8::Context> context, Invocation* invocation, size_t bytes);

  // The invocation is over. A job that is in the pool goes on until it looks at its budget, and is deleted behind that.
  void OnInvocationEnd() final;

 protected:
  PoolJob() = default;

  // On a pool thread. Must not touch V8 or anything else that belongs to the shard.
  virtual void Run(const JobBudget& budget) = 0;
  // On the shard's thread, in the isolate: what to resolve with, or empty when it threw what to reject with.
  virtual v8::MaybeLocal<v8::Value> Finish(JsEntry& entry) = 0;

 private:
  friend class Invocation;

  void Launch();
  void OnDone();

  uv_work_t work_{};
  JobBudget budget_;
  PoolJob* next_job_ = nullptr;
  size_t bytes_ = 0;
  int64_t cpu_used_ns_ = 0;
  bool in_pool_ = false;
};

}  // namespace verge::runtime

#endif  // RUNTIME_POOL_JOB_H_
