// Global functions that need no file of their own.
#ifndef BINDINGS_WEB_MISC_H_
#define BINDINGS_WEB_MISC_H_

#include "bindings/core/convert.h"
#include "bindings/core/function.h"

namespace verge::bindings {

// https://html.spec.whatwg.org/#dom-queuemicrotask. What the callback throws is reported like any uncaught exception:
// V8 hands it to the isolate's message listeners.
void QueueMicrotask(Cx& cx, Callback callback);

inline constexpr GlobalFunction kQueueMicrotask = Function<"queueMicrotask", &QueueMicrotask>();

}  // namespace verge::bindings

#endif  // BINDINGS_WEB_MISC_H_
