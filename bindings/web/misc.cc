#include "bindings/web/misc.h"

namespace verge::bindings {

void EnqueueMicrotask(Cx& cx, Callback callback) { cx.isolate->EnqueueMicrotask(callback.function); }

}  // namespace verge::bindings
