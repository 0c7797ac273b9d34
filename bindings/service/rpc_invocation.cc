#include "bindings/service/rpc_invocation.h"

#include <string>
#include <utility>

#include "bindings/core/realm.h"
#include "bindings/core/strings.h"
#include "bindings/fetch/execution_context.h"
#include "bindings/service/call_chains.h"
#include "bindings/service/remote_error.h"
#include "runtime/event_recorder.h"
#include "runtime/js_entry.h"
#include "runtime/shard.h"
#include "runtime/worker_isolate.h"

namespace verge::bindings {

namespace {

constexpr std::string_view kKind = "RPC";

}  // namespace

void RpcInvocation::Start(Worker& worker, std::shared_ptr<const ServiceTarget> target, http::Ref<RpcExchange> exchange,
                          CallChain chain) {
  http::Ref<RpcInvocation> self(new RpcInvocation(std::move(target), std::move(exchange)));
  self->exchange_->set_callee(self.get());
  self->Run(worker, std::move(chain));
}

void RpcInvocation::Run(Worker& worker, CallChain chain) {
  Open(&worker.isolate(), worker.isolate().limits().cpu.count() * 1'000'000);
  metered_.Begin(worker.isolate().v8(), uv_now(worker.isolate().shard().loop()));
  worker.services().services->call_chains().Put(*this, std::move(chain));
  recorder_ = worker.recorder();
  if (recorder_) {
    started_ns_ = static_cast<int64_t>(uv_hrtime());
    recorder_->OnBegin(id(), kKind, exchange_->method());
  }
  runtime::JsEntry entry(worker.isolate(), this);
  v8::Isolate* isolate = entry.isolate();
  touch_.Reset(isolate, worker.touch_function(isolate));
  v8::TryCatch try_catch(isolate);
  v8::Local<v8::Value> result;
  if (!Call(entry, worker).ToLocal(&result)) {
    // Terminated: the entry's end deals with it.
    if (failure_ || entry.terminated() || try_catch.HasTerminated()) return;
    Fail(runtime::DescribeException(isolate, entry.context(), try_catch));
    return;
  }
  // False is a termination, which the entry's end deals with.
  (void)returned_.Set(entry.context(), result, false);
}

v8::MaybeLocal<v8::Value> RpcInvocation::Call(runtime::JsEntry& entry, Worker& worker) {
  v8::Isolate* isolate = entry.isolate();
  v8::Local<v8::Context> context = entry.context();
  auto entrypoint = worker.EntrypointClass(isolate, target_->entrypoint);
  if (!entrypoint) {
    if (!entrypoint.error().empty()) failure_ = EventFailure{.name = "TypeError", .message = entrypoint.error()};
    return {};
  }
  Realm& realm = Realm::From(isolate);
  const RpcValue arguments = exchange_->TakeArguments();
  v8::Local<v8::String> method;
  v8::Local<v8::Value> list;
  v8::Local<v8::Object> execution_context;
  v8::Local<v8::Value> call;
  if (!NewString(isolate, exchange_->method()).ToLocal(&method) ||
      !FromRpcValue(isolate, context, arguments).ToLocal(&list) ||
      !ExecutionContext::New(isolate, id(), target_->props).ToLocal(&execution_context) ||
      !realm.internals(context)->Get(context, NewSymbolName(isolate, "callEntrypoint")).ToLocal(&call) ||
      !call->IsFunction()) {
    return {};
  }
  v8::Local<v8::Value> given[] = {*entrypoint, method, list, execution_context, worker.env(isolate)};
  return call.As<v8::Function>()->Call(context, v8::Undefined(isolate), std::size(given), given);
}

void RpcInvocation::OnTurn(runtime::JsEntry& entry) {
  if (settled()) return;
  v8::Isolate* isolate = entry.isolate();
  v8::Local<v8::Value> value;
  switch (returned_.Take(entry.context(), &value, [&] { return touch_.Get(isolate); })) {
    case HandlerResult::State::kNone:
    case HandlerResult::State::kPending:
      break;
    case HandlerResult::State::kFulfilled:
      Answer(entry, value);
      break;
    case HandlerResult::State::kRejected:
      Fail(runtime::DescribeException(isolate, entry.context(), value, {}));
      break;
  }
}

void RpcInvocation::Answer(runtime::JsEntry& entry, v8::Local<v8::Value> value) {
  v8::TryCatch try_catch(entry.isolate());
  Cx cx{entry.isolate(), entry.context(), "", "", {}, v8::Undefined(entry.isolate())};
  auto answer = ToRpcValue(cx, value);
  if (answer) {
    answer_ = *std::move(answer);
    return;
  }
  if (try_catch.HasTerminated() || entry.terminated()) return;
  if (answer.error().kind == ErrorKind::kPending) {
    Fail(runtime::DescribeException(entry.isolate(), entry.context(), try_catch));
    return;
  }
  Log("what it returned cannot be sent: " + answer.error().message);
  failure_ = EventFailure{.name = answer.error().dom_name, .message = std::move(answer.error().message)};
}

void RpcInvocation::Fail(const runtime::ExceptionReport& report) {
  returned_.Clear();
  Log("Uncaught " + report.Text());
  failure_ = FailureOf(report.message);
}

void RpcInvocation::Log(std::string_view text) const {
  isolate().shard().log().Write(runtime::LogLevel::kError, isolate().options().worker_name,
                                "call of " + exchange_->method() + "(): " + std::string(text));
}

void RpcInvocation::OnLeft() {
  if (done_ || (!answer_ && !failure_)) return;
  done_ = true;
  exchange_->set_callee(nullptr);
  Record(!failure_);
  if (failure_) {
    metered_.Note(runtime::EventOutcome::kException);
    exchange_->Fail(*std::exchange(failure_, std::nullopt));
  } else {
    exchange_->Return(*std::exchange(answer_, std::nullopt));
  }
  Finish();
}

void RpcInvocation::OnCallerGone() {
  http::Ref<RpcInvocation> keep(this);
  done_ = true;
  metered_.Note(runtime::EventOutcome::kCanceled);
  Record(false);
  Finish();
}

void RpcInvocation::Record(bool ok) {
  runtime::EventRecorder* recorder = std::exchange(recorder_, nullptr);
  if (!recorder) return;
  const runtime::EventRecorder::Subject subject(recorder, id());
  recorder->OnOver(kKind, exchange_->method(), ok, cpu_used_ns(), static_cast<int64_t>(uv_hrtime()) - started_ns_);
}

void RpcInvocation::OnStopped(runtime::Outcome outcome, std::string_view) {
  returned_.Clear();
  if (outcome == runtime::Outcome::kCanceled) return;
  const runtime::EventRecorder::Subject subject(recorder_, id());
  const runtime::Limits& limits = isolate().limits();
  std::string reason =
      "The Workers runtime canceled this call because it detected that your Worker's code had hung and would never "
      "generate a result.";
  if (outcome == runtime::Outcome::kExceededCpu) {
    metered_.Note(runtime::EventOutcome::kExceededCpu);
    reason = "Worker exceeded its CPU time limit of " + std::to_string(limits.cpu.count()) + " ms.";
  } else if (outcome == runtime::Outcome::kExceededMemory) {
    metered_.Note(runtime::EventOutcome::kExceededMemory);
    reason = "Worker exceeded its memory limit of " + std::to_string(limits.heap_bytes / (1024 * 1024)) + " MB.";
  }
  metered_.Note(runtime::EventOutcome::kException);
  Log(reason);
  if (done_) return;  // in waitUntil
  answer_.reset();
  failure_ = EventFailure{.name = "Error", .message = reason};
  OnLeft();
}

void RpcInvocation::OnClosed() {
  metered_.End(cpu_used_ns(), subrequests(), uv_now(isolate().shard().loop()));
  exchange_->set_callee(nullptr);
  returned_.Clear();
  touch_.Reset();
}

}  // namespace verge::bindings
