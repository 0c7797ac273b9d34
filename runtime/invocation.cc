#include "runtime/invocation.h"

#include "runtime/async_context.h"
#include "runtime/exceeded.h"
#include "runtime/js_entry.h"
#include "runtime/meter.h"
#include "runtime/shard.h"
#include "runtime/worker_isolate.h"

namespace verge::runtime {

EventOutcome EventOutcomeOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::kOk:
      return EventOutcome::kOk;
    case Outcome::kExceededCpu:
      return EventOutcome::kExceededCpu;
    case Outcome::kExceededMemory:
      return EventOutcome::kExceededMemory;
    case Outcome::kExceededWallTime:
      return EventOutcome::kExceededWallTime;
    case Outcome::kCanceled:
      return EventOutcome::kCanceled;
    case Outcome::kException:
    case Outcome::kHung:
      break;
  }
  return EventOutcome::kException;
}

Invocation::~Invocation() = default;

Invocation* Invocation::Current(v8::Isolate* isolate) {
  uint32_t id = AsyncContext::InvocationId(AsyncContext::Current(isolate));
  return id == 0 ? nullptr : WorkerIsolate::From(isolate).shard().Find(id);
}

void Invocation::Open(WorkerIsolate* isolate, std::chrono::milliseconds cpu_limit,
                      std::chrono::milliseconds wall_limit) {
  isolate_ = isolate;
  cpu_limit_ns_ = cpu_limit.count() > 0 ? std::chrono::nanoseconds(cpu_limit).count() : INT64_MAX;
  cpu_used_ns_ = 0;
  wall_limit_ = wall_limit;
  log_.Renew();
  if (wall_limit.count() > 0) SetDeadline(wall_limit);
  wait_until_ = holds_ = pending_timers_ = stalled_at_ = subrequests_ = service_calls_ = queries_ = 0;
  connection_slots_.Reset(isolate->limits().connections);
  stopped_ = finished_ = turned_ = false;
  id_ = isolate->shard().Add(this);
  isolate->Add(this);
  AddRef();  // released by Close
}

void Invocation::SetDeadline(std::chrono::milliseconds after) {
  deadline_from_ms_ = uv_now(isolate_->shard().loop());
  isolate_->shard().timers().Set(&deadline_timer_, static_cast<uint64_t>(after.count()));
}

void Invocation::OnDeadline() {
  const http::Ref<Invocation> keep(this);
  if (!finished_) return Stop(Outcome::kExceededWallTime);
  const uint64_t passed = uv_now(isolate_->shard().loop()) - deadline_from_ms_;
  isolate_->shard().log().Write(
      LogLevel::kWarn, isolate_->options().worker_name,
      Exceeded(*isolate_, Limit::kWaitUntil, passed, static_cast<uint64_t>(isolate_->limits().wait_until.count())));
  Close();
}

std::string Invocation::ExceededText(Outcome outcome) const {
  switch (outcome) {
    case Outcome::kExceededCpu:
      return Exceeded(*isolate_, Limit::kCpu, static_cast<uint64_t>(cpu_used_ns_),
                      static_cast<uint64_t>(cpu_limit_ns_));
    case Outcome::kExceededMemory:
      return ExceededMemory(*isolate_);
    case Outcome::kExceededWallTime:
      return Exceeded(*isolate_, Limit::kWall, uv_now(isolate_->shard().loop()) - deadline_from_ms_,
                      static_cast<uint64_t>(wall_limit_.count()));
    default:
      return {};
  }
}

void Invocation::Finish() {
  if (finished_ || !is_open()) return;
  finished_ = true;
  isolate_->shard().timers().Cancel(&deadline_timer_);
  if (!held() || stopped_) {
    Close();
    return;
  }
  LimitWaiting();
}

// What nobody waits for any more gets so much time, and no more.
void Invocation::LimitWaiting() {
  if (holds_ != 0) return;
  SetDeadline(isolate_->limits().wait_until);
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

void Invocation::Close() {
  if (!is_open()) return;
  http::Ref<Invocation> keep = http::Ref<Invocation>::Adopt(this);  // the reference that Open took
  stopped_ = true;
  isolate_->shard().timers().Cancel(&deadline_timer_);
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

Invocation::Counted Invocation::Count(uint32_t* counter, uint32_t more, Limit limit, uint32_t allowed) {
  if (more > allowed || *counter > allowed - more) {
    return std::unexpected(Exceeded(*isolate_, limit, uint64_t{*counter} + more, allowed));
  }
  *counter += more;
  return {};
}

Invocation::Counted Invocation::CountSubrequest() {
  return Count(&subrequests_, 1, Limit::kSubrequests, isolate_->limits().subrequests);
}

Invocation::Counted Invocation::CountQueries(uint32_t count) {
  return Count(&queries_, count, Limit::kQueries, isolate_->limits().queries);
}

Invocation::Counted Invocation::CountServiceCall() {
  return Count(&service_calls_, 1, Limit::kServiceCalls, isolate_->limits().service_calls);
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
