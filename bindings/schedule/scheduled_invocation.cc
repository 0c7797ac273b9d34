#include "bindings/schedule/scheduled_invocation.h"

#include <utility>

#include "bindings/core/object.h"
#include "bindings/core/realm.h"
#include "bindings/fetch/execution_context.h"
#include "bindings/schedule/scheduled_controller.h"
#include "bindings/worker/worker.h"
#include "runtime/shard.h"

namespace verge::bindings {

namespace {

constexpr std::string_view kKind = "CRON";

}  // namespace

void ScheduledInvocation::Start(Worker& worker, ScheduledEvent event, ScheduledDone done) {
  const http::Ref<ScheduledInvocation> self(new ScheduledInvocation(worker, std::move(event), std::move(done)));
  self->Run();
}

void ScheduledInvocation::Run() {
  Open(&worker_->isolate(), worker_->scheduled_cpu().count() * 1'000'000);
  isolate().shard().timers().Set(this, static_cast<uint64_t>(kMaxTime.count()));
  recorder_ = worker_->recorder();
  if (recorder_) {
    started_ns_ = static_cast<int64_t>(uv_hrtime());
    recorder_->OnBegin(id(), kKind, event_.cron);
  }
  runtime::JsEntry entry(isolate(), this);
  v8::Isolate* v8 = entry.isolate();
  v8::TryCatch try_catch(v8);
  v8::Local<v8::Object> controller;
  v8::Local<v8::Object> context;
  if (!ScheduledController::New(v8, event_.cron, static_cast<double>(event_.time_ms)).ToLocal(&controller) ||
      !ExecutionContext::New(v8, id()).ToLocal(&context)) {
    return;  // terminated: the entry's end deals with it
  }
  controller_.Reset(v8, controller);
  auto handler = worker_->ScheduledHandler(v8);
  v8::Local<v8::Value> result;
  if (!handler && !handler.error().empty()) {
    runtime::ExceptionReport report;
    report.message = "TypeError: " + handler.error();
    return Fail(report);
  }
  v8::Local<v8::Value> arguments[] = {controller, worker_->env(v8), context};
  if (!handler || !handler->function->Call(entry.context(), handler->receiver, 3, arguments).ToLocal(&result)) {
    if (!entry.terminated() && !try_catch.HasTerminated()) {
      Fail(runtime::DescribeException(v8, entry.context(), try_catch));
    }
    return;
  }
  // False is a termination, which the entry's end deals with.
  (void)returned_.Set(entry.context(), result, false);
}

void ScheduledInvocation::OnTurn(runtime::JsEntry& entry) {
  if (settled_) return;
  v8::Isolate* v8 = entry.isolate();
  v8::Local<v8::Value> value;
  switch (returned_.Take(entry.context(), &value, [&] { return worker_->touch_function(v8); })) {
    case HandlerResult::State::kNone:
    case HandlerResult::State::kPending:
      break;
    case HandlerResult::State::kFulfilled:
      settled_ = true;
      break;
    case HandlerResult::State::kRejected:
      Fail(runtime::DescribeException(v8, entry.context(), value, {}));
      break;
  }
}

void ScheduledInvocation::OnLeft() {
  if (!settled_) return;
  Record();
  Finish();
}

void ScheduledInvocation::Record() {
  runtime::EventRecorder* recorder = std::exchange(recorder_, nullptr);
  if (!recorder) return;
  const runtime::EventRecorder::Subject subject(recorder, id());
  recorder->OnOver(kKind, event_.cron, result_.outcome == ScheduledOutcome::kOk, cpu_used_ns(),
                   static_cast<int64_t>(uv_hrtime()) - started_ns_);
}

void ScheduledInvocation::Log(std::string_view text) const {
  std::string line = "scheduled";
  if (!event_.cron.empty()) line += " (" + event_.cron + ")";
  isolate().shard().log().Write(runtime::LogLevel::kError, isolate().options().worker_name,
                                line.append(": ").append(text));
}

void ScheduledInvocation::Fail(const runtime::ExceptionReport& report) {
  returned_.Clear();
  Log("Uncaught " + report.Text());
  result_.outcome = ScheduledOutcome::kException;
  settled_ = true;
}

void ScheduledInvocation::OnTimer() {
  out_of_time_ = true;
  Stop(runtime::Outcome::kCanceled);
}

void ScheduledInvocation::OnStopped(runtime::Outcome outcome, std::string_view) {
  const runtime::EventRecorder::Subject subject(recorder_, id());
  returned_.Clear();
  switch (outcome) {
    case runtime::Outcome::kExceededCpu:
      result_.outcome = ScheduledOutcome::kExceededCpu;
      Log("Worker exceeded its CPU time limit of " + std::to_string(worker_->scheduled_cpu().count()) + " ms.");
      break;
    case runtime::Outcome::kExceededMemory:
      result_.outcome = ScheduledOutcome::kExceededMemory;
      Log("Worker exceeded its memory limit of " + std::to_string(isolate().limits().heap_bytes / (1024 * 1024)) +
          " MB.");
      break;
    case runtime::Outcome::kHung:
      result_.outcome = ScheduledOutcome::kException;
      Log("The event was stopped: nothing is left that its handler could wait for.");
      break;
    default:
      result_.outcome = out_of_time_ ? ScheduledOutcome::kExceededWallTime : ScheduledOutcome::kCanceled;
      if (out_of_time_) Log("The event took longer than 15 minutes and was stopped.");
      break;
  }
  settled_ = true;
  Record();
  Finish();
}

void ScheduledInvocation::OnClosed() {
  isolate().shard().timers().Cancel(this);
  if (!controller_.IsEmpty()) {
    const v8::Isolate::Scope isolate_scope(isolate().v8());
    const v8::HandleScope handles(isolate().v8());
    result_.no_retry = GetSlot(controller_.Get(isolate().v8()), ScheduledController::kNoRetrySlot)->IsTrue();
  }
  controller_.Reset();
  returned_.Clear();
  worker_ = nullptr;
  if (ScheduledDone done = std::exchange(done_, nullptr)) done(result_);
}

}  // namespace verge::bindings
