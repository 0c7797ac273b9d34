#include "runtime/pool_job.h"

#include <time.h>

#include "runtime/shard.h"

namespace verge::runtime {
namespace {

int64_t ThreadCpuNs() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

}  // namespace

bool JobBudget::exhausted() const {
  if (cancelled_.load(std::memory_order_relaxed)) return true;
  return cpu_end_ns_ != INT64_MAX && ThreadCpuNs() >= cpu_end_ns_;
}

bool PoolJob::HasRoom(const Invocation& invocation, size_t bytes) {
  size_t limit = invocation.isolate().limits().heap_bytes;
  return invocation.jobs_ < kMaxQueued && bytes <= limit && invocation.job_bytes_ <= limit - bytes;
}

v8::MaybeLocal<v8::Promise> PoolJob::Start(v8::Local<v8::Context> context, Invocation* invocation, size_t bytes) {
  if (!Begin(context, invocation)) {
    delete this;
    return {};
  }
  v8::Local<v8::Promise> promise = this->promise(v8::Isolate::GetCurrent());
  bytes_ = bytes;
  invocation->job_bytes_ += bytes;
  ++invocation->jobs_;
  if (invocation->last_job_) {
    invocation->last_job_->next_job_ = this;
    invocation->last_job_ = this;
  } else {
    invocation->last_job_ = this;
    Launch();
  }
  return promise;
}

void PoolJob::Launch() {
  // Read when the job starts: the pool's thread adds it to its own clock.
  budget_.cpu_end_ns_ = invocation()->cpu_left_ns();
  work_.data = this;
  in_pool_ = true;
  uv_queue_work(
      invocation()->isolate().shard().loop(), &work_,
      [](uv_work_t* work) {
        auto* self = static_cast<PoolJob*>(work->data);
        int64_t start = ThreadCpuNs();
        int64_t left = self->budget_.cpu_end_ns_;
        self->budget_.cpu_end_ns_ = left < INT64_MAX / 2 ? start + left : INT64_MAX;
        if (!self->budget_.cancelled_.load(std::memory_order_relaxed)) self->Run(self->budget_);
        self->cpu_used_ns_ = ThreadCpuNs() - start;
      },
      [](uv_work_t* work, int) { static_cast<PoolJob*>(work->data)->OnDone(); });
}

void PoolJob::OnDone() {
  in_pool_ = false;
  Invocation* invocation = this->invocation();
  if (!invocation) {  // it ended while this was in the pool
    delete this;
    return;
  }
  invocation->cpu_used_ns_ += cpu_used_ns_;
  invocation->job_bytes_ -= bytes_;
  --invocation->jobs_;
  PoolJob* next = next_job_;
  if (!next) invocation->last_job_ = nullptr;
  if (invocation->cpu_left_ns() <= 0) {
    Unlist();
    delete this;
    invocation->Stop(Outcome::kExceededCpu);
    return;
  }
  if (next) next->Launch();
  Settle([this](JsEntry& entry) { return Finish(entry); });
  delete this;
}

void PoolJob::OnInvocationEnd() {
  Abandon();
  if (!in_pool_) {
    delete this;
    return;
  }
  budget_.cancelled_.store(true, std::memory_order_relaxed);
  // If no thread has taken it yet. OnDone is called in any case.
  uv_cancel(reinterpret_cast<uv_req_t*>(&work_));
}

}  // namespace verge::runtime
