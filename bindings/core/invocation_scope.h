// What needs an event to belong to.
#ifndef BINDINGS_CORE_INVOCATION_SCOPE_H_
#define BINDINGS_CORE_INVOCATION_SCOPE_H_

#include <cstdint>
#include <string_view>

#include "bindings/core/convert.h"
#include "bindings/core/error.h"
#include "runtime/invocation.h"

namespace verge::bindings {

// The invocation that the running code belongs to. Fails in global scope, and for code that outlived its event: there
// is nobody then to whom I/O, timers or their cost could be counted.
Result<runtime::Invocation*> RequireInvocation(Cx& cx);

// The same for something that belongs to the invocation with the number `owner`, and to no other. `type`: what it is,
// as the message says it.
Result<runtime::Invocation*> RequireOwner(Cx& cx, uint32_t owner, std::string_view type);

}  // namespace verge::bindings

#endif  // BINDINGS_CORE_INVOCATION_SCOPE_H_
