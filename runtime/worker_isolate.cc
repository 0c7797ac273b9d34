#include "runtime/worker_isolate.h"

#include <algorithm>
#include <mutex>

#include "runtime/detour.h"
#include "runtime/exceeded.h"
#include "runtime/inspector.h"
#include "runtime/invocation.h"
#include "runtime/js_entry.h"
#include "runtime/meter.h"
#include "runtime/module_loader.h"
#include "runtime/platform.h"
#include "runtime/preemption.h"
#include "runtime/shard.h"
#include "runtime/snapshot.h"

namespace verge::runtime {
namespace {

// What the heap may grow beyond its limit while a termination unwinds: V8 aborts the process when it really runs out,
// and the allocation that hit the limit is made all the same. The largest strings and arrays take a gigabyte each, and
// making one from the other needs both.
constexpr size_t kUnwindingReserve = 3ull * 1024 * 1024 * 1024;

// Memories of WebAssembly and resizable buffers come from V8's own pages and pass the allocator by. V8 collects each
// time they have grown by some tens of megabytes; what it finds dead is counted until it is swept, hence some latitude.
constexpr size_t kExternalFactor = 3;

}  // namespace

WorkerIsolate::WorkerIsolate(Shard& shard, WorkerIsolateOptions options)
    : shard_(shard),
      options_(std::move(options)),
      allocator_(options_.limits.heap_bytes, [this](size_t wanted) { ExceedMemory(wanted); }) {
  isolate_ = v8::Isolate::Allocate();
  // Registered first: V8 asks for the task runner while the isolate initialises.
  Platform::Initialize().Register(isolate_, &shard_);
  v8::Isolate::CreateParams params;
  params.snapshot_blob = EmbeddedSnapshot();
  params.external_references = options_.api->external_references();
  params.array_buffer_allocator = &allocator_;
  params.constraints.ConfigureDefaultsFromHeapSize(0, options_.limits.heap_bytes);
  v8::Isolate::Initialize(isolate_, params);
  isolate_->SetData(kIsolateSlot, this);
  // It would stop the whole shard, and waiting takes no CPU time that a limit could see.
  isolate_->SetAllowAtomicsWait(false);
  isolate_->SetMicrotasksPolicy(v8::MicrotasksPolicy::kExplicit);
  isolate_->SetPromiseRejectCallback(OnPromiseReject);
  isolate_->SetCaptureStackTraceForUncaughtExceptions(true, 32);
  isolate_->AddNearHeapLimitCallback(OnNearHeapLimit, this);
  isolate_->AddGCEpilogueCallback(OnCollected, this, v8::kGCTypeMarkSweepCompact);
  isolate_->AddMessageListener(OnMessage);
  modules_ = std::make_unique<ModuleLoader>(*this);

  v8::Isolate::Scope isolate_scope(isolate_);
  v8::HandleScope handle_scope(isolate_);
  api_state_ = options_.api->CreateState(isolate_);
  v8::Local<v8::Context> context = v8::Context::New(isolate_);
  context_.Reset(isolate_, context);
  v8::Context::Scope context_scope(context);
  // Before there is a debugger to be told of their scripts.
  if (!Preemption::Prepare(isolate_, context) || !Detour::Install(isolate_, context)) {
    static std::once_flag once;
    std::call_once(once, [&] {
      shard_.log().Write(
          LogLevel::kWarn, "",
          "this V8 is not the one that verge knows: loops around built-in functions that take long can outlive their "
          "CPU limit");
    });
  }
  if (options_.inspector) inspector_agent_ = options_.inspector->MakeAgent(*this);
  v8::Local<v8::Function> settled;
  if (v8::Function::New(context, [](const v8::FunctionCallbackInfo<v8::Value>& info) {
        if (auto* invocation = Invocation::Current(info.GetIsolate())) {
          invocation->WaitUntilSettled();
          if (auto* entry = invocation->isolate().shard().current_entry()) entry->Touch(invocation);
        }
      }).ToLocal(&settled)) {
    wait_until_settled_.Reset(isolate_, settled);
  }
  modules_->Install();
  options_.api->OnContextCreated(*this, context);
}

WorkerIsolate::~WorkerIsolate() {
  WorkerMeter::Detach(isolate_);
  shard_.LeaveIsolate(isolate_);
  {
    v8::Isolate::Scope isolate_scope(isolate_);
    v8::HandleScope handle_scope(isolate_);
    v8::Context::Scope context_scope(context());
    if (options_.inspector) options_.inspector->Detach(*this);
    inspector_agent_.reset();
  }
  {
    v8::Isolate::Scope isolate_scope(isolate_);
    v8::HandleScope handle_scope(isolate_);
    rejections_.clear();
    late_handlers_.clear();
    modules_.reset();
    api_state_.reset();
    wait_until_settled_.Reset();
    Detour::Remove(isolate_);
    frame_template_.Reset();
    Detour::Remove(isolate_);
    context_.Reset();
  }
  // The near-heap-limit callback stays to the end: without it V8 ends the process when a collection on the way out
  // finds the heap at its limit.
  isolate_->RemoveGCEpilogueCallback(OnCollected, this);
  Platform::Initialize().Unregister(isolate_);
  isolate_->Dispose();
}

void WorkerIsolate::Retire() {
  if (retired_) return;
  retired_ = true;
  if (open_ == 0 && on_drained_) on_drained_();
}

void WorkerIsolate::Terminate() {
  terminated_ = true;
  isolate_->TerminateExecution();
  // Loops that do not look for that are the watchdog's business.
  Preemption::NoteExpired();
}

void WorkerIsolate::FinishStartup(v8::Local<v8::Context> context) {
  if (options_.allow_code_from_strings) return;
  context->AllowCodeGenerationFromStrings(false);
  v8::Local<v8::String> message =
      v8::String::NewFromUtf8Literal(isolate_, "Code generation from strings disallowed for this context");
  context->SetErrorMessageForCodeGenerationFromStrings(message);
}

void WorkerIsolate::Add(Invocation* invocation) {
  invocation->serial_ = next_serial_++;
  invocation->previous_ = nullptr;
  invocation->next_ = invocations_;
  if (invocations_) invocations_->previous_ = invocation;
  invocations_ = invocation;
  ++open_;
}

void WorkerIsolate::Remove(Invocation* invocation) {
  if (invocation->previous_) {
    invocation->previous_->next_ = invocation->next_;
  } else {
    invocations_ = invocation->next_;
  }
  if (invocation->next_) invocation->next_->previous_ = invocation->previous_;
  if (invocation->stalled_at_ != 0) --stalled_;
  invocation->stalled_at_ = 0;
  --open_;
  if (stalled_ > 0) StopHung();
  if (retired_ && open_ == 0 && on_drained_) on_drained_();
}

void WorkerIsolate::NoteStalled(Invocation* invocation) {
  bool waits = !invocation->settled() || (invocation->finished_ && invocation->wait_until_ > 0);
  bool stalled = waits && !invocation->has_pending_io();
  if (stalled == (invocation->stalled_at_ != 0)) return;
  invocation->stalled_at_ = stalled ? next_serial_ : 0;
  stalled_ += stalled ? 1 : -1;
}

void WorkerIsolate::StopHung() {
  // V8 itself has something under way that will come back: an asynchronous compilation.
  if (isolate_->HasPendingBackgroundTasks()) return;
  uint32_t first_active = UINT32_MAX;
  for (Invocation* each = invocations_; each; each = each->next_) {
    if (each->has_pending_io()) first_active = std::min(first_active, each->serial_);
  }
  // Stopping one changes the list; each round stops one of finitely many.
  for (;;) {
    Invocation* hung = invocations_;
    while (hung && (hung->stalled_at_ == 0 || first_active < hung->stalled_at_)) hung = hung->next_;
    if (!hung) return;
    hung->stalled_at_ = 0;
    --stalled_;
    if (hung->settled()) {
      hung->Close();
    } else {
      hung->Stop(Outcome::kHung);
    }
  }
}

void WorkerIsolate::OnPromiseReject(v8::PromiseRejectMessage message) {
  v8::Local<v8::Promise> promise = message.GetPromise();
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  auto& self = From(isolate);
  switch (message.GetEvent()) {
    case v8::kPromiseRejectWithNoHandler:
      self.rejections_.push_back(
          {v8::Global<v8::Promise>(isolate, promise), v8::Global<v8::Value>(isolate, message.GetValue())});
      break;
    case v8::kPromiseHandlerAddedAfterReject: {
      auto same = [&](const Rejection& each) { return each.promise == promise; };
      if (std::erase_if(self.rejections_, same) > 0) break;
      self.late_handlers_.emplace_back(isolate, promise);
      break;
    }
    case v8::kPromiseRejectAfterResolved:
    case v8::kPromiseResolveAfterResolved:
      break;
  }
}

bool WorkerIsolate::ReportRejections(v8::Local<v8::Context> context) {
  std::vector<Rejection> rejections = std::move(rejections_);
  rejections_.clear();
  std::vector<v8::Global<v8::Promise>> late_handlers = std::move(late_handlers_);
  late_handlers_.clear();
  bool reported = !late_handlers.empty();
  for (const auto& promise : late_handlers) options_.api->OnRejectionHandled(*this, context, promise.Get(isolate_));
  for (Rejection& rejection : rejections) {
    v8::Local<v8::Promise> promise = rejection.promise.Get(isolate_);
    if (promise->HasHandler()) continue;
    reported = true;
    options_.api->OnUnhandledRejection(*this, context, promise, rejection.reason.Get(isolate_));
  }
  return reported;
}

void WorkerIsolate::OnMessage(v8::Local<v8::Message>, v8::Local<v8::Value> exception) {
  auto& self = From(v8::Isolate::GetCurrent());
  if (!self.context_.IsEmpty()) self.options_.api->OnUncaughtException(self, self.context(), exception);
}

LogAllowance& WorkerIsolate::CurrentLogAllowance() {
  constexpr uint64_t kEveryMs = 1000;
  if (Invocation* invocation = Invocation::Current(isolate_)) return invocation->log_;
  const uint64_t now = uv_now(shard_.loop());
  if (now - stray_log_since_ms_ >= kEveryMs) {
    stray_log_since_ms_ = now;
    stray_log_.Renew();
  }
  return stray_log_;
}

size_t WorkerIsolate::LogRoom() { return CurrentLogAllowance().Room(options_.limits.log_bytes); }

void WorkerIsolate::WriteLog(LogLevel level, std::string_view text) {
  LogAllowance& allowance = CurrentLogAllowance();
  if (allowance.spent()) return;
  const size_t size = allowance.Take(text.size(), options_.limits.log_bytes);
  if (!allowance.spent()) return shard_.log().Write(level, options_.worker_name, text);
  size_t end = std::min(size, text.size());
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  if (end > 0) shard_.log().Write(level, options_.worker_name, std::string(text.substr(0, end)) + " … (cut)");
  shard_.log().Write(LogLevel::kWarn, options_.worker_name,
                     Exceeded(*this, Limit::kLog, allowance.used(), options_.limits.log_bytes));
}

void WorkerIsolate::ChargeMemory(int64_t change) {
  isolate_->AdjustAmountOfExternalAllocatedMemory(change);
  if (allocator_.Charge(change) || change < 0) [[likely]]
    return;
  isolate_->LowMemoryNotification();
  if (!allocator_.Charge(0)) ExceedMemory();
}

void WorkerIsolate::ExceedMemory(size_t wanted) {
  if (!exceeded_memory_) {
    v8::HeapStatistics statistics;
    isolate_->GetHeapStatistics(&statistics);
    const auto told = static_cast<size_t>(std::max<int64_t>(isolate_->AdjustAmountOfExternalAllocatedMemory(0), 0));
    exceeding_use_ = {
        .heap_bytes = statistics.total_physical_size(),
        .buffer_bytes = std::max({allocator_.allocated_bytes(), statistics.external_memory(), told}) + wanted};
  }
  exceeded_memory_ = true;
  Terminate();
}

void WorkerIsolate::OnCollected(v8::Isolate* isolate, v8::GCType, v8::GCCallbackFlags, void* data) {
  v8::HeapStatistics statistics;
  isolate->GetHeapStatistics(&statistics);
  auto* self = static_cast<WorkerIsolate*>(data);
  // What V8 allocated outside of its heap, and what it was told of: C++ objects that JavaScript keeps alive.
  auto told = static_cast<size_t>(std::max<int64_t>(isolate->AdjustAmountOfExternalAllocatedMemory(0), 0));
  if (std::max(statistics.external_memory(), told) > kExternalFactor * self->limits().heap_bytes) self->ExceedMemory();
}

size_t WorkerIsolate::OnNearHeapLimit(void* data, size_t current, size_t initial) {
  static_cast<WorkerIsolate*>(data)->ExceedMemory();
  return std::max(current, initial) + kUnwindingReserve;
}

}  // namespace verge::runtime
