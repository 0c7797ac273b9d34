#include "bindings/fetch/execution_context.h"

#include "bindings/fetch/cache_context.h"
#include "bindings/fetch/fetch_invocation.h"

namespace verge::bindings {

Result<> ExecutionContext::WaitUntil(Cx& cx, v8::Local<v8::Value> promise) {
  runtime::Invocation* invocation = runtime::Invocation::Current(cx.isolate);
  if (!invocation) {
    return TypeError("waitUntil() can only be called while an event is being handled.");
  }
  invocation->WaitUntil(cx.context, promise);
  return {};
}

void ExecutionContext::PassThroughOnException(Cx& cx) {
  if (FetchInvocation* invocation = FetchInvocation::From(runtime::Invocation::Current(cx.isolate)))
    invocation->set_pass_through_on_exception();
}

Result<v8::Local<v8::Value>> ExecutionContext::GetProps(Cx& cx) {
  v8::Local<v8::Value> props = GetSlot(cx.self, kPropsSlot);
  if (props->IsObject()) return props;
  props = v8::Object::New(cx.isolate);
  SetSlot(cx.self, kPropsSlot, props);
  return props;
}

Result<v8::Local<v8::Value>> ExecutionContext::GetCache(Cx& cx) {
  v8::Local<v8::Value> existing = GetSlot(cx.self, kCacheSlot);
  if (existing->IsObject()) return existing;
  v8::Local<v8::Object> created;
  if (!NewObject(cx.isolate, CacheContext::kSpec).ToLocal(&created)) return Pending();
  SetSlot(cx.self, kCacheSlot, created);
  return created.As<v8::Value>();
}

v8::MaybeLocal<v8::Object> ExecutionContext::New(v8::Isolate* isolate, std::string_view props) {
  v8::Local<v8::Object> context;
  if (!NewObject(isolate, kSpec).ToLocal(&context)) return {};
  if (!props.empty()) {
    v8::Local<v8::String> text;
    v8::Local<v8::Value> value;
    if (!NewString(isolate, props).ToLocal(&text) ||
        !v8::JSON::Parse(isolate->GetCurrentContext(), text).ToLocal(&value)) {
      return {};
    }
    SetSlot(context, kPropsSlot, value);
  }
  return context;
}

}  // namespace verge::bindings
