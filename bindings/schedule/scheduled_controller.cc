#include "bindings/schedule/scheduled_controller.h"

#include "bindings/core/strings.h"

namespace verge::bindings {

v8::Local<v8::Value> ScheduledController::GetType(Cx& cx) {
  return v8::String::NewFromUtf8Literal(cx.isolate, "scheduled");
}

v8::MaybeLocal<v8::Object> ScheduledController::New(v8::Isolate* isolate, std::string_view cron, double time_ms) {
  v8::Local<v8::Object> controller;
  v8::Local<v8::String> text;
  if (!NewObject(isolate, kSpec).ToLocal(&controller) || !NewString(isolate, cron).ToLocal(&text)) return {};
  SetSlot(controller, kCronSlot, text);
  SetSlot(controller, kTimeSlot, v8::Number::New(isolate, time_ms));
  SetSlot(controller, kNoRetrySlot, v8::False(isolate));
  return controller;
}

namespace {
constexpr const ClassSpec* kClasses[] = {&ScheduledController::kSpec};
}  // namespace

constinit const Family kScheduleFamily = {.classes = kClasses, .globals = {}, .natives = {}, .lazy_globals = {}};

}  // namespace verge::bindings
