#include "bindings/web/web_family.h"

#include "bindings/core/lazy_script.h"
#include "bindings/web/misc.h"
#include "bindings/web/navigator.h"
#include "bindings/web/performance.h"
#include "bindings/web/structured_clone.h"

namespace verge::bindings {
namespace {

constexpr const ClassSpec* kClasses[] = {&Navigator::kSpec};
constexpr GlobalFunction kGlobals[] = {kStructuredClone};
// Streams clone chunks with it.
constexpr GlobalFunction kNatives[] = {kEnqueueMicrotask, kStructuredClone, kCloneMessage, kNow, kTimeOrigin};
constexpr v8::AccessorNameGetterCallback kEventSource = &FromScript<"bindings/web/event_source.js">;
constexpr v8::AccessorNameGetterCallback kMessaging = &FromScript<"bindings/web/messaging.js">;
constexpr v8::AccessorNameGetterCallback kPerformance = &FromScript<"bindings/web/performance.js">;
constexpr v8::AccessorNameGetterCallback kScheduler = &FromScript<"bindings/web/scheduler.js">;
constexpr LazyGlobal kLazyGlobals[] = {
    {"navigator", &GetNavigator},
    {"performance", kPerformance},
    {"Performance", kPerformance, v8::DontEnum},
    {"PerformanceEntry", kPerformance, v8::DontEnum},
    {"PerformanceMark", kPerformance, v8::DontEnum},
    {"PerformanceMeasure", kPerformance, v8::DontEnum},
    {"PerformanceObserver", kPerformance, v8::DontEnum},
    {"PerformanceObserverEntryList", kPerformance, v8::DontEnum},
    {"EventSource", kEventSource, v8::DontEnum},
    {"MessageChannel", kMessaging, v8::DontEnum},
    {"MessagePort", kMessaging, v8::DontEnum},
    {"BroadcastChannel", kMessaging, v8::DontEnum},
    {"Scheduler", kScheduler, v8::DontEnum},
    {"scheduler", kScheduler},
};

}  // namespace

constinit const Family kWebFamily = {
    .classes = kClasses, .globals = kGlobals, .natives = kNatives, .lazy_globals = kLazyGlobals};

}  // namespace verge::bindings
