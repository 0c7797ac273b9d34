#include "bindings/web/performance.h"

#include <algorithm>
#include <memory>

#include "bindings/core/function.h"
#include "bindings/core/strings.h"
#include "runtime/platform.h"

namespace verge::bindings {

// The wall clock may be set back; this one may not.
double Performance::Now() { return last_ = std::max(last_, runtime::ThreadClock::WallMs() - time_origin_); }

Result<v8::Local<v8::Object>> Performance::ToJson(Cx& cx) const {
  v8::Local<v8::Object> json = v8::Object::New(cx.isolate);
  if (json->CreateDataProperty(cx.context, NewSymbolName(cx.isolate, "timeOrigin"),
                               v8::Number::New(cx.isolate, time_origin_))
          .IsNothing()) {
    return Pending();
  }
  return json;
}

struct Performance::Members {
  using T = Table<Performance>;
  static constexpr Member kMembers[] = {
      T::Getter<"timeOrigin", &Performance::TimeOrigin>(),
      T::Method<"now", &Performance::Now>(),
      T::Method<"toJSON", &Performance::ToJson>(),
  };
};

constinit const ClassSpec Performance::kSpec = {.name = "Performance", .members = Members::kMembers};

void GetPerformance(v8::Local<v8::Name>, const v8::PropertyCallbackInfo<v8::Value>& info) {
  v8::Local<v8::Object> performance;
  if (NewObject(info.GetIsolate(), std::make_unique<Performance>(runtime::ThreadClock::WallMs()))
          .ToLocal(&performance)) {
    info.GetReturnValue().Set(performance);
  }
}

}  // namespace verge::bindings
