// One event that a worker handles, from its arrival to the end of everything it started.
#ifndef RUNTIME_INVOCATION_H_
#define RUNTIME_INVOCATION_H_

#include <v8.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>

#include "http/message.h"
#include "http/ref_counted.h"
#include "runtime/connection_slots.h"
#include "runtime/log_allowance.h"
#include "runtime/timer_queue.h"

namespace verge::runtime {

class JsEntry;
enum class EventOutcome : uint8_t;
enum class Limit : uint8_t;
class PendingIo;
class PoolJob;
class WorkerIsolate;

// How an invocation ended, or why it was stopped.
enum class Outcome : uint8_t {
  kOk,
  kException,
  kExceededCpu,
  kExceededMemory,
  kExceededWallTime,
  kHung,      // nothing is left that could settle the handler's promise
  kCanceled,  // the client went away
};

// As metrics have it.
EventOutcome EventOutcomeOf(Outcome outcome);

// Base of events: fetch today. Owns the limits' counters, the I/O in flight, the waitUntil promises.
//
// Code running after an `await` belongs to the invocation in which it was started: its number travels through promises
// (async_context.h). All on the shard's thread.
class Invocation : public http::RefCounted {
 public:
  [[nodiscard]] uint32_t id() const { return id_; }
  WorkerIsolate& isolate() const { return *isolate_; }

  // The invocation to which the JavaScript now running belongs, or null: global scope, or its invocation has ended.
  static Invocation* Current(v8::Isolate* isolate);

  [[nodiscard]] int64_t cpu_used_ns() const { return cpu_used_ns_; }
  [[nodiscard]] int64_t cpu_left_ns() const { return cpu_limit_ns_ - cpu_used_ns_; }

  // CPU time that another thread has used for it.
  void ChargeCpu(int64_t ns) { cpu_used_ns_ += ns; }

  // What comes from outside on a connection that stays open (a WebSocket's message) is an event of its own, with the
  // CPU time of one, and its lines of the log.
  void Renew() {
    cpu_used_ns_ = 0;
    log_.Renew();
  }

  // True once it was stopped: nothing of it may enter JavaScript again.
  [[nodiscard]] bool stopped() const { return stopped_; }

  // Ends it before its time: I/O in flight is cancelled, no more JavaScript runs for it, OnStopped is called.
  void Stop(Outcome outcome, std::string_view message = {});

  // Keeps it open until `promise` settles, after the response as well.
  void WaitUntil(v8::Local<v8::Context> context, v8::Local<v8::Value> promise);
  // Called by the reactions that WaitUntil attached.
  void WaitUntilSettled();

  // The request that the event is; null for other kinds of events, and when it is over.
  [[nodiscard]] virtual const http::RequestHead* request_head() const { return nullptr; }

  // Keeps it open, without a limit, while a connection to its client lives on after the response. In pairs; the end of
  // the last hold closes it when it is finished.
  void Hold();
  void Unhold();

  // Whether something outside JavaScript can still run code of it.
  [[nodiscard]] bool has_pending_io() const { return pending_io_ != nullptr; }
  [[nodiscard]] uint32_t pending_timers() const { return pending_timers_; }
  void CountTimer(int delta) { pending_timers_ += delta; }

  // --- What is counted. An error is a sentence for an exception: the limit is used up.
  using Counted = std::expected<void, std::string>;
  // One more request to the outside.
  [[nodiscard]] Counted CountSubrequest();
  [[nodiscard]] uint32_t subrequests() const { return subrequests_; }
  // So many more queries to databases, all of them or none.
  [[nodiscard]] Counted CountQueries(uint32_t count);
  // One more operation of a service that comes with the runtime.
  [[nodiscard]] Counted CountServiceCall();
  ConnectionSlots& connection_slots() { return connection_slots_; }

 protected:
  Invocation() = default;
  ~Invocation() override;

  // Opens it: from now on it has a number and is counted by the isolate. `cpu_limit` and `wall_limit`: 0 is none.
  void Open(WorkerIsolate* isolate, std::chrono::milliseconds cpu_limit, std::chrono::milliseconds wall_limit);

  // For those that were stopped because of a limit: a sentence about it. "" for other outcomes. To be asked once.
  [[nodiscard]] std::string ExceededText(Outcome outcome) const;

  // To be called when the main work (the response) is done: closes it as soon as nothing else is pending. The limit of
  // wall time holds until then.
  void Finish();
  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] bool is_open() const { return id_ != 0; }

  // After each turn of JavaScript that may have advanced it, microtasks included: the isolate is still entered, no user
  // code is on the stack.
  virtual void OnTurn(JsEntry& entry) = 0;
  // After the isolate was left: the place to write to sockets.
  virtual void OnLeft() = 0;
  // Whether the handler has produced what the event is for.
  [[nodiscard]] virtual bool settled() const = 0;
  // It was stopped; respond with an error where that is still possible. Not in JavaScript.
  virtual void OnStopped(Outcome outcome, std::string_view message) = 0;
  // Everything is over. The invocation may go back to a pool now.
  virtual void OnClosed() = 0;

 private:
  friend class JsEntry;
  friend class PendingIo;
  friend class PoolJob;
  friend class WorkerIsolate;

  // Until the main work is done that of its wall time, then that of waitUntil.
  class DeadlineTimer final : public TimerQueue::Timer {
   public:
    explicit DeadlineTimer(Invocation* owner) : owner_(owner) {}
    void OnTimer() override { owner_->OnDeadline(); }

   private:
    Invocation* owner_;
  };

  Counted Count(uint32_t* counter, uint32_t more, Limit limit, uint32_t allowed);
  void SetDeadline(std::chrono::milliseconds after);
  void OnDeadline();
  void Close();
  void CancelPendingIo();
  [[nodiscard]] bool held() const { return wait_until_ != 0 || holds_ != 0; }
  void LimitWaiting();

  WorkerIsolate* isolate_ = nullptr;
  PendingIo* pending_io_ = nullptr;
  PendingIo* held_io_ = nullptr;
  ConnectionSlots connection_slots_;
  uint32_t id_ = 0;
  uint32_t wait_until_ = 0;
  uint32_t holds_ = 0;
  uint32_t pending_timers_ = 0;
  uint32_t subrequests_ = 0;
  uint32_t queries_ = 0;
  uint32_t service_calls_ = 0;
  uint32_t serial_ = 0;      // order of opening within the isolate
  uint32_t stalled_at_ = 0;  // see WorkerIsolate::FindHung
  bool stopped_ = false;
  bool finished_ = false;
  bool turned_ = false;      // OnLeft is due
  int64_t cpu_used_ns_ = 0;  // by turns and by jobs
  int64_t cpu_limit_ns_ = 0;
  // Its jobs: one is in the pool, the others wait for that. The last one, their number, the bytes they hold.
  PoolJob* last_job_ = nullptr;
  uint32_t jobs_ = 0;
  size_t job_bytes_ = 0;
  std::chrono::milliseconds wall_limit_{0};
  uint64_t deadline_from_ms_ = 0;  // of the loop's clock: what its deadline counts from
  DeadlineTimer deadline_timer_{this};
  LogAllowance log_;
  // Links of the isolate's list of open invocations.
  Invocation* previous_ = nullptr;
  Invocation* next_ = nullptr;
};

// An operation outside JavaScript that will come back to it: a body being read, a timer. Listed by its invocation,
// which cancels what is left when it ends.
class PendingIo {
 public:
  PendingIo() = default;
  PendingIo(const PendingIo&) = delete;
  PendingIo& operator=(const PendingIo&) = delete;

  // The invocation is over. Called at most once; the object is unlisted already and may delete itself.
  virtual void OnInvocationEnd() = 0;

 protected:
  virtual ~PendingIo() { Unlist(); }
  void List(Invocation* invocation);
  // Listed as something that only has to end with the invocation (a body that nobody reads at the moment): it will not
  // by itself come back to JavaScript.
  void ListHeld(Invocation* invocation);
  void Unlist();
  // Null when it is not listed.
  [[nodiscard]] Invocation* invocation() const { return invocation_; }

 private:
  friend class Invocation;
  void ListIn(PendingIo** head, Invocation* invocation);
  Invocation* invocation_ = nullptr;
  PendingIo** previous_ = nullptr;
  PendingIo* next_ = nullptr;
};

}  // namespace verge::runtime

#endif  // RUNTIME_INVOCATION_H_
