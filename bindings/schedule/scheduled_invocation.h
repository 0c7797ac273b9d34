// One scheduled event that a worker handles.
#ifndef BINDINGS_SCHEDULE_SCHEDULED_INVOCATION_H_
#define BINDINGS_SCHEDULE_SCHEDULED_INVOCATION_H_

#include <v8.h>

#include <chrono>
#include <string>
#include <string_view>

#include "bindings/core/handler_result.h"
#include "bindings/schedule/scheduled_event.h"
#include "runtime/event_recorder.h"
#include "runtime/exception.h"
#include "runtime/invocation.h"
#include "runtime/js_entry.h"
#include "runtime/timer_queue.h"

namespace verge::bindings {

class Worker;

// Belongs to itself while it is open. It may take 15 minutes.
class ScheduledInvocation final : public runtime::Invocation, private runtime::TimerQueue::Timer {
 public:
  static constexpr std::chrono::milliseconds kMaxTime = std::chrono::minutes(15);

  static void Start(Worker& worker, ScheduledEvent event, ScheduledDone done);

 protected:
  void OnTurn(runtime::JsEntry& entry) override;
  void OnLeft() override;
  [[nodiscard]] bool settled() const override { return settled_; }
  void OnStopped(runtime::Outcome outcome, std::string_view message) override;
  void OnClosed() override;

 private:
  ScheduledInvocation(Worker& worker, ScheduledEvent event, ScheduledDone done)
      : worker_(&worker), event_(std::move(event)), done_(std::move(done)) {}

  void Run();
  void OnTimer() override;
  void Fail(const runtime::ExceptionReport& report);
  void Log(std::string_view text) const;
  // Tells the recorder, once.
  void Record();

  Worker* worker_;
  const ScheduledEvent event_;
  ScheduledDone done_;
  ScheduledResult result_;
  bool settled_ = false;
  bool out_of_time_ = false;
  runtime::EventRecorder* recorder_ = nullptr;  // null: nobody wants to know, or it has been told
  int64_t started_ns_ = 0;
  HandlerResult returned_;
  v8::Global<v8::Object> controller_;
};

}  // namespace verge::bindings

#endif  // BINDINGS_SCHEDULE_SCHEDULED_INVOCATION_H_
