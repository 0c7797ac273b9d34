#include "bindings/core/invocation_scope.h"

#include <string>

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

Result<runtime::Invocation*> RequireOwner(Cx& cx, uint32_t owner, std::string_view type) {
  auto invocation = RequireInvocation(cx);
  if (!invocation || (*invocation)->id() == owner) return invocation;
  return PlainError(
      "Cannot perform I/O on behalf of a different request. I/O objects (such as streams, request/response bodies, and "
      "others) created in the context of one request handler cannot be accessed from a different request's handler. "
      "(I/O type: " +
      std::string(type) + ")");
}

}  // namespace verge::bindings
