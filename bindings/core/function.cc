#include "bindings/core/function.h"

namespace verge::bindings::internal {

bool ThrowTooFewArguments(Cx& cx, int required, int given) {
  return cx.ThrowTypeError(std::to_string(required) + (required == 1 ? " argument" : " arguments") +
                           " required, but only " + std::to_string(given) + " present.");
}

void RejectWithPending(Cx& cx, v8::TryCatch& try_catch, v8::ReturnValue<v8::Value> out) {
  if (!try_catch.HasCaught() || try_catch.HasTerminated()) {
    try_catch.ReThrow();
    return;
  }
  v8::Local<v8::Value> exception = try_catch.Exception();
  try_catch.Reset();
  v8::Local<v8::Promise::Resolver> resolver;
  if (!v8::Promise::Resolver::New(cx.context).ToLocal(&resolver)) return;
  if (resolver->Reject(cx.context, exception).IsNothing()) return;
  out.Set(resolver->GetPromise());
}

void ThrowNotConstructing(Cx& cx) {
  Throw(cx.isolate,
        TypeError("Failed to construct '" + std::string(cx.class_name) +
                  "': Please use the 'new' operator, this object constructor cannot be called as a function.")
            .error());
}

}  // namespace verge::bindings::internal
