#include "runtime/js_entry.h"

#include <time.h>

#include <algorithm>
#include <cstdlib>

#include "runtime/meter.h"
#include "runtime/platform.h"
#include "runtime/preemption.h"
#include "runtime/shard.h"
#include "runtime/worker_isolate.h"

namespace verge::runtime {
namespace {

int64_t MonotonicNs() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

// Settling a turn takes one round; more only when nested entries or rejection events ran JavaScript. The bound stops a
// handler that makes a new rejection in each rejection event; what is left is done in the next turn.
constexpr int kMaxRounds = 100;

}  // namespace

JsEntry::JsEntry(WorkerIsolate& worker, Invocation* invocation, int64_t budget_ns)
    : worker_(worker),
      shard_(worker.shard()),
      isolate_(worker.v8()),
      outer_(shard_.current_entry_),
      invocation_(invocation) {
  if (!outer_) {
    start_ns_ = MonotonicNs();
    if (shard_.freeze_clocks()) ThreadClock::Freeze(shard_.WallMs(start_ns_));
    int64_t budget = invocation ? invocation->cpu_left_ns() : budget_ns;
    if (!invocation && budget_ns <= 0) budget = INT64_MAX;
    worker.terminated_ = false;
    Preemption::NoteBegin();
    shard_.watchdog_slot_->Begin(isolate_, std::max<int64_t>(budget, 1));
    shard_.EnterIsolate(isolate_);
  } else {
    // Another worker's isolate below this one's code would run with its invocation, and on its time.
    if (&outer_->worker_ != &worker) std::abort();
    outer_->again_ = true;
  }
  handle_scope_.emplace(isolate_);
  context_ = worker.context();
  if (!context_.IsEmpty()) context_->Enter();
  outer_data_ = isolate_->GetContinuationPreservedEmbedderData();
  if (invocation) {
    isolate_->SetContinuationPreservedEmbedderData(v8::Integer::New(isolate_, static_cast<int32_t>(invocation->id())));
  } else {
    isolate_->SetContinuationPreservedEmbedderData(v8::Undefined(isolate_));
  }
  shard_.current_entry_ = this;
}

JsEntry::~JsEntry() {
  if (outer_) {
    if (invocation_ && invocation_.get() != outer_->invocation_.get()) outer_->Touch(invocation_.get());
    isolate_->SetContinuationPreservedEmbedderData(outer_data_);
    shard_.current_entry_ = outer_;
    if (!context_.IsEmpty()) context_->Exit();
    return;
  }
  Settle();
  isolate_->SetContinuationPreservedEmbedderData(v8::Undefined(isolate_));
  int64_t cpu = shard_.CpuOfTurn(MonotonicNs() - start_ns_);
  bool was_terminated = shard_.watchdog_slot_->End() || worker_.terminated_;
  if (was_terminated) {
    Preemption::Withdraw();
    isolate_->CancelTerminateExecution();
  }
  if (invocation_) invocation_->cpu_used_ns_ += cpu;
  if (WorkerMeter* meter = WorkerMeter::Of(isolate_)) {
    meter->turns.Add();
    if (!invocation_) meter->startup_cpu_ns.Add(static_cast<uint64_t>(cpu));
  }
  shard_.current_entry_ = nullptr;
  if (!context_.IsEmpty()) context_->Exit();
  handle_scope_.reset();
  if (shard_.freeze_clocks()) ThreadClock::Unfreeze();
  AfterLeaving(was_terminated);
}

void JsEntry::Settle() {
  for (int round = 0; round < kMaxRounds; ++round) {
    again_ = false;
    isolate_->PerformMicrotaskCheckpoint();
    if (terminated()) return;
    bool to_report = !worker_.rejections_.empty() || !worker_.late_handlers_.empty();
    if (to_report && worker_.ReportRejections(context_)) again_ = true;
    if (terminated()) return;
    if (invocation_ && !invocation_->stopped()) invocation_->OnTurn(*this);
    for (size_t i = 0; i < touched_.size(); ++i) {
      if (!touched_[i]->stopped()) touched_[i]->OnTurn(*this);
    }
    if (!again_ || terminated()) return;
  }
}

void JsEntry::AfterLeaving(bool was_terminated) {
  // The worker may go when its last invocation closes, but only from the loop: it outlives this call.
  if (was_terminated) {
    worker_.Retire();
    if (invocation_) invocation_->Stop(worker_.exceeded_memory() ? Outcome::kExceededMemory : Outcome::kExceededCpu);
  } else if (invocation_ && invocation_->cpu_left_ns() <= 0) {
    invocation_->Stop(Outcome::kExceededCpu);
  }
  auto after = [this](Invocation& invocation) {
    if (invocation.is_open()) invocation.OnLeft();
    if (invocation.is_open() && invocation.finished_ && !invocation.held()) invocation.Close();
    if (invocation.is_open() && !invocation.stopped()) worker_.NoteStalled(&invocation);
  };
  if (invocation_) after(*invocation_);
  for (auto& touched : touched_) after(*touched);
  shard_.leave_tasks().Run();
  if (worker_.stalled_ > 0) worker_.StopHung();
}

void JsEntry::RunMicrotasks() { isolate_->PerformMicrotaskCheckpoint(); }

bool JsEntry::terminated() const { return worker_.terminated_ || shard_.watchdog_slot_->terminated(); }

void JsEntry::Touch(Invocation* invocation) {
  JsEntry* entry = this;
  while (entry->outer_) entry = entry->outer_;
  if (entry->invocation_.get() == invocation) return;
  auto same = [invocation](const auto& each) { return each.get() == invocation; };
  if (std::ranges::any_of(entry->touched_, same)) return;
  entry->touched_.push_back(http::Ref<Invocation>(invocation));
}

}  // namespace verge::runtime
