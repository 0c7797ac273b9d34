#include "bindings/core/handler_result.h"

namespace verge::bindings {

bool HandlerResult::Set(v8::Local<v8::Context> context, v8::Local<v8::Value> result, bool is_value) {
  if (result->IsPromise()) {
    result.As<v8::Promise>()->MarkAsHandled();
  } else if (result->IsObject() && !is_value) {
    // Perhaps a thenable: resolving a promise with it finds out.
    v8::Local<v8::Promise::Resolver> resolver;
    if (!v8::Promise::Resolver::New(context).ToLocal(&resolver)) return false;
    resolver->GetPromise()->MarkAsHandled();
    if (resolver->Resolve(context, result).IsNothing()) return false;
    result = resolver->GetPromise();
  }
  first_ = result;
  return true;
}

void HandlerResult::Wait(v8::Local<v8::Context> context, v8::Local<v8::Promise> promise,
                         v8::Local<v8::Function> touch) {
  promise_.Reset(v8::Isolate::GetCurrent(), promise);
  // Empty: terminated, which the turn's end deals with.
  (void)promise->Then(context, touch, touch);
}

}  // namespace verge::bindings
