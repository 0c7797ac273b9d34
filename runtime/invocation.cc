#include "runtime/invocation.h"

#include "runtime/async_context.h"
#include "runtime/js_entry.h"
#include "runtime/shard.h"
#include "runtime/worker_isolate.h"

namespace verge::runtime {

Invocation::~Invocation() = default;

Invocation* Invocation::Current(v8::Isolate* isolate) {
  uint32_t id = AsyncContext::InvocationId(AsyncContext::Current(isolate));
  return id == 0 ? nullptr : WorkerIsolate::From(isolate).shard().Find(id);
}

void Invocation::Open(WorkerIsolate* isolate, int64_t cpu_limit_ns) {
  isolate_ = isolate;
  cpu_limit_ns_ = cpu_limit_ns > 0 ? cpu_limit_ns : INT64_MAX;
  cpu_used_ns_ = 0;
  wait_until_ = holds_ = pending_timers_ = stalled_at_ = subrequests_ = service_calls_ = queries_ = 0;
  connection_slots_.Reset(isolate->limits().connections);
  stopped_ = finished_ = turned_ = false;
  id_ = isolate->shard().Add(this);
  isolate->Add(this);
  AddRef();  // released by Close
}

void Invocation::Finish() {
  if (finished_ || !is_open()) return;
  finished_ = true;
  if (!held() || stopped_) {
    Close();
    return;
  }
  LimitWaiting();
}

// What nobody waits for any more gets so much time, and no more.
void Invocation::LimitWaiting() {
  if (holds_ != 0) return;
  isolate_->shard().timers().Set(&wait_until_timer_, isolate_->limits().wait_until.count());
}

void Invocation::Hold() {
  if (is_open()) ++holds_;
}

void Invocation::Unhold() {
  if (!is_open() || holds_ == 0 || --holds_ != 0 || !finished_) return;
  if (held()) {
    LimitWaiting();
  } else if (!isolate_->shard().current_entry()) {
    Close();  // in JavaScript the entry's end does it
  }
}

void Invocation::Stop(Outcome outcome, std::string_view message) {
  if (stopped_ || !is_open()) return;
  stopped_ = true;
  http::Ref<Invocation> keep(this);
  CancelPendingIo();
  OnStopped(outcome, message);
  if (finished_) Close();
}

void Invocation::WaitUntil(v8::Local<v8::Context> context, v8::Local<v8::Value> value) {
  if (stopped_ || !is_open()) return;
  v8::Local<v8::Promise::Resolver> resolver;
  if (!v8::Promise::Resolver::New(context).ToLocal(&resolver)) return;
  v8::Local<v8::Promise> promise = resolver->GetPromise();
  if (value->IsPromise()) {
    promise = value.As<v8::Promise>();
  } else if (resolver->Resolve(context, value).IsNothing()) {
    return;
  }
  if (promise->State() == v8::Promise::kFulfilled) return;
  v8::Local<v8::Function> settled = isolate_->wait_until_settled();
  ++wait_until_;
  // The reactions count down for the invocation in which they are attached, which is this one whoever calls.
  v8::Local<v8::Value> outer = AsyncContext::Current(v8::Isolate::GetCurrent());
  bool foreign = AsyncContext::InvocationId(outer) != id_;
  if (foreign) {
    AsyncContext::Restore(v8::Isolate::GetCurrent(),
                          v8::Integer::New(v8::Isolate::GetCurrent(), static_cast<int32_t>(id_)));
  }
  // Two reactions, so that a rejection passes on to the promise that Then gives: nobody handles that one, and it is
  // reported like any other.
  if (promise->Then(context, settled).IsEmpty() || promise->Catch(context, settled).IsEmpty()) --wait_until_;
  if (foreign) AsyncContext::Restore(v8::Isolate::GetCurrent(), outer);
}

void Invocation::WaitUntilSettled() {
  if (!is_open() || wait_until_ == 0) return;
  --wait_until_;
}

void Invocation::WaitUntilTimer::OnTimer() {
  http::Ref<Invocation> keep(owner_);
  owner_->isolate_->shard().log().Write(LogLevel::kWarn, owner_->isolate_->options().worker_name,
                                        "waitUntil() tasks did not complete within the allowed time after the response "
                                        "and were cancelled");
  owner_->Close();
}

void Invocation::Close() {
  if (!is_open()) return;
  http::Ref<Invocation> keep = http::Ref<Invocation>::Adopt(this);  // the reference that Open took
  stopped_ = true;
  isolate_->shard().timers().Cancel(&wait_until_timer_);
  CancelPendingIo();
  isolate_->shard().Remove(id_);
  id_ = 0;
  WorkerIsolate* isolate = isolate_;
  OnClosed();
  isolate->Remove(this);  // may dispose of the isolate later, not now
}

void Invocation::CancelPendingIo() {
  while (PendingIo* io = pending_io_ ? pending_io_ : held_io_) {
    io->Unlist();
    io->OnInvocationEnd();
  }
  last_job_ = nullptr;
  jobs_ = 0;
  job_bytes_ = 0;
}

bool Invocation::CountSubrequest() {
  if (subrequests_ >= isolate_->limits().subrequests) return false;
  ++subrequests_;
  return true;
}

bool Invocation::CountServiceCall() {
  if (service_calls_ >= isolate_->limits().service_calls) return false;
  ++service_calls_;
  return true;
}

void PendingIo::List(Invocation* invocation) { ListIn(&invocation->pending_io_, invocation); }

void PendingIo::ListHeld(Invocation* invocation) { ListIn(&invocation->held_io_, invocation); }

void PendingIo::ListIn(PendingIo** head, Invocation* invocation) {
  invocation_ = invocation;
  next_ = *head;
  previous_ = head;
  if (next_) next_->previous_ = &next_;
  *head = this;
}

void PendingIo::Unlist() {
  if (!invocation_) return;
  *previous_ = next_;
  if (next_) next_->previous_ = previous_;
  invocation_ = nullptr;
  next_ = nullptr;
  previous_ = nullptr;
}

}  // namespace verge::runtime
