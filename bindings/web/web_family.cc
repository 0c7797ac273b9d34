#include "bindings/web/web_family.h"

#include "bindings/web/misc.h"
#include "bindings/web/navigator.h"
#include "bindings/web/performance.h"
#include "bindings/web/structured_clone.h"

namespace verge::bindings {
namespace {

constexpr const ClassSpec* kClasses[] = {&Navigator::kSpec, &Performance::kSpec};
constexpr GlobalFunction kGlobals[] = {kStructuredClone};
// Streams clone chunks with it.
constexpr GlobalFunction kNatives[] = {kEnqueueMicrotask, kStructuredClone};
constexpr LazyGlobal kLazyGlobals[] = {{"navigator", &GetNavigator}, {"performance", &GetPerformance}};

}  // namespace

constinit const Family kWebFamily = {
    .classes = kClasses, .globals = kGlobals, .natives = kNatives, .lazy_globals = kLazyGlobals};

}  // namespace verge::bindings
