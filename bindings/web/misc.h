// Native functions that need no file of their own.
#ifndef BINDINGS_WEB_MISC_H_
#define BINDINGS_WEB_MISC_H_

#include "bindings/core/convert.h"
#include "bindings/core/function.h"

namespace verge::bindings {

// For web/queue_microtask.js: `callback` must not throw. V8 runs it for the invocation that the calling code belongs
// to.
void EnqueueMicrotask(Cx& cx, Callback callback);

inline constexpr GlobalFunction kEnqueueMicrotask = Function<"enqueueMicrotask", &EnqueueMicrotask>();

}  // namespace verge::bindings

#endif  // BINDINGS_WEB_MISC_H_
