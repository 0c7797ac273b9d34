// What handles scheduled events: a method of the default export, of an instance if that is a class, or whatever listens
// to "scheduled".
#include "bindings/core/realm.h"
#include "bindings/core/strings.h"
#include "bindings/worker/worker.h"
#include "runtime/js_entry.h"

namespace verge::bindings {
namespace {

// A function that the runtime's scripts keep; rarely asked for. Empty: there is none, or execution was terminated.
v8::MaybeLocal<v8::Function> InternalFunction(Realm& realm, v8::Local<v8::Context> context, std::string_view name) {
  v8::Local<v8::String> key;
  v8::Local<v8::Value> value;
  if (!NewString(realm.isolate(), name).ToLocal(&key) || !realm.internals(context)->Get(context, key).ToLocal(&value) ||
      !value->IsFunction()) {
    return {};
  }
  return value.As<v8::Function>();
}

}  // namespace

std::expected<Worker::Handler, std::string> Worker::ScheduledHandler(v8::Isolate* isolate) {
  constexpr auto kNone = "Handler does not export a scheduled() function.";
  v8::Local<v8::Context> context = isolate_->context();
  Realm& realm = Realm::From(isolate);
  if (default_export_.IsEmpty()) {
    v8::Local<v8::Value> type = v8::String::NewFromUtf8Literal(isolate, "scheduled");
    v8::Local<v8::Value> has_listener;
    v8::Local<v8::Function> dispatch;
    if (!realm.CallInternal(context, Name::kHasGlobalListener, {&type, 1}).ToLocal(&has_listener)) {
      return std::unexpected("");
    }
    if (!has_listener->IsTrue() || !InternalFunction(realm, context, "dispatchScheduled").ToLocal(&dispatch)) {
      return std::unexpected(kNone);
    }
    return Handler{dispatch, v8::Undefined(isolate)};
  }
  v8::Local<v8::Value> handlers = default_export_.Get(isolate);
  v8::Local<v8::Value> function;
  if (handlers->IsFunction()) {
    // There since the module with the base class was loaded.
    v8::Local<v8::Function> make;
    if (!InternalFunction(realm, context, "entrypointScheduled").ToLocal(&make)) return std::unexpected(kNone);
    if (!make->Call(context, v8::Undefined(isolate), 1, &handlers).ToLocal(&function)) return std::unexpected("");
    handlers = v8::Undefined(isolate);
  } else if (handlers->IsObject()) {
    v8::Local<v8::String> name = v8::String::NewFromUtf8Literal(isolate, "scheduled");
    if (!handlers.As<v8::Object>()->Get(context, name).ToLocal(&function)) return std::unexpected("");
  }
  if (function.IsEmpty() || !function->IsFunction()) return std::unexpected(kNone);
  return Handler{function.As<v8::Function>(), handlers};
}

}  // namespace verge::bindings
