// What needs an event to belong to.
#ifndef BINDINGS_CORE_INVOCATION_SCOPE_H_
#define BINDINGS_CORE_INVOCATION_SCOPE_H_

#include "bindings/core/convert.h"
#include "bindings/core/error.h"
#include "runtime/invocation.h"

namespace verge::bindings {

// The invocation that the running code belongs to. Fails in global scope, and for code that outlived its event: there
// is nobody then to whom I/O, timers or their cost could be counted.
Result<runtime::Invocation*> RequireInvocation(Cx& cx);

}  // namespace verge::bindings

#endif  // BINDINGS_CORE_INVOCATION_SCOPE_H_
