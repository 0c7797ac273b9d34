// ScheduledController, the first argument of scheduled handlers
// (https://developers.cloudflare.com/workers/runtime-apis/handlers/scheduled/).
#ifndef BINDINGS_SCHEDULE_SCHEDULED_CONTROLLER_H_
#define BINDINGS_SCHEDULE_SCHEDULED_CONTROLLER_H_

#include <string_view>

#include "bindings/core/convert.h"
#include "bindings/core/family.h"
#include "bindings/core/function.h"

namespace verge::bindings {

class ScheduledController {
 public:
  static const ClassSpec kSpec;
  static constexpr int kCronSlot = 0;
  static constexpr int kTimeSlot = 1;
  static constexpr int kNoRetrySlot = 2;
  static constexpr int kSlots = 3;

  static v8::Local<v8::Value> GetCron(Cx& cx) { return GetSlot(cx.self, kCronSlot); }
  static v8::Local<v8::Value> GetScheduledTime(Cx& cx) { return GetSlot(cx.self, kTimeSlot); }
  static v8::Local<v8::Value> GetType(Cx& cx);
  static void NoRetry(Cx& cx) { SetSlot(cx.self, kNoRetrySlot, v8::True(cx.isolate)); }

  // `time_ms`: since the epoch.
  static v8::MaybeLocal<v8::Object> New(v8::Isolate* isolate, std::string_view cron, double time_ms);
};

inline constexpr Member kScheduledControllerMembers[] = {
    Table<ScheduledController>::Getter<"cron", &ScheduledController::GetCron>(),
    Table<ScheduledController>::Method<"noRetry", &ScheduledController::NoRetry>(),
    Table<ScheduledController>::Getter<"scheduledTime", &ScheduledController::GetScheduledTime>(),
    Table<ScheduledController>::Getter<"type", &ScheduledController::GetType>(),
};

inline constexpr ClassSpec ScheduledController::kSpec = {
    .name = "ScheduledController",
    .members = kScheduledControllerMembers,
    .slots = ScheduledController::kSlots,
    .slots_only = true,
    .exposed = false,
};

extern const Family kScheduleFamily;

}  // namespace verge::bindings

#endif  // BINDINGS_SCHEDULE_SCHEDULED_CONTROLLER_H_
