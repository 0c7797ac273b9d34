#include "bindings/core/invocation_scope.h"

namespace verge::bindings {

Result<runtime::Invocation*> RequireInvocation(Cx& cx) {
  if (runtime::Invocation* invocation = runtime::Invocation::Current(cx.isolate)) {
    if (!invocation->stopped()) return invocation;
  }
  return PlainError(
      "Disallowed operation called within global scope. Asynchronous I/O (ex: fetch() or connect()), setting a "
      "timeout, "
      "and generating random values are not allowed within global scope. To fix this error, perform this operation "
      "within a handler.");
}

}  // namespace verge::bindings
