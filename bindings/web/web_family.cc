#include "bindings/web/web_family.h"

#include "bindings/core/lazy_script.h"
#include "bindings/web/misc.h"
#include "bindings/web/navigator.h"
#include "bindings/web/performance.h"
#include "bindings/web/structured_clone.h"

namespace verge::bindings {
namespace {

constexpr const ClassSpec* kClasses[] = {&Navigator::kSpec, &Performance::kSpec};
constexpr GlobalFunction kGlobals[] = {kStructuredClone};
// Streams clone chunks with it.
constexpr GlobalFunction kNatives[] = {kEnqueueMicrotask, kStructuredClone, kCloneMessage};
constexpr v8::AccessorNameGetterCallback kMessaging = &FromScript<"bindings/web/messaging.js">;
constexpr LazyGlobal kLazyGlobals[] = {
    {"navigator", &GetNavigator},
    {"performance", &GetPerformance},
    {"MessageChannel", kMessaging, v8::DontEnum},
    {"MessagePort", kMessaging, v8::DontEnum},
    {"BroadcastChannel", kMessaging, v8::DontEnum},
};

}  // namespace

constinit const Family kWebFamily = {
    .classes = kClasses, .globals = kGlobals, .natives = kNatives, .lazy_globals = kLazyGlobals};

}  // namespace verge::bindings
