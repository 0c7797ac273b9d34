#include "bindings/service/fetcher.h"

#include <string>
#include <vector>

#include "bindings/core/function.h"
#include "bindings/core/invocation_scope.h"
#include "bindings/fetch/fetch_operation.h"
#include "bindings/fetch/outgoing_request.h"
#include "bindings/fetch/redirect.h"
#include "bindings/service/rpc_operation.h"

namespace verge::bindings {

struct Fetcher::Members {
  static Result<v8::Local<v8::Value>> Fetch(Cx& cx, AnyValue input, v8::Local<v8::Value> init) {
    auto* self = UnwrapChecked<Fetcher>(cx.self);
    if (!self) return TypeError("Illegal invocation");
    auto invocation = RequireInvocation(cx);
    if (!invocation) return std::unexpected(std::move(invocation).error());
    const HostServices* services = cx.realm().host_services();
    if (!services || !services->services) return PlainError("There are no other workers here.");
    auto request = MakeOutgoingRequest(cx, *invocation, input.value, init, self->target_);
    if (!request) return std::unexpected(std::move(request).error());
    if (!IsHttp(request->url)) {
      return TypeError("Fetch API cannot load: " + std::string(request->url.get_href()) +
                       ": another worker is asked for http: and https: URLs.");
    }
    return FetchOperation::Start(cx, *invocation, *std::move(request));
  }

  // env.OTHER.method: a function that calls the method of that name over there.
  static v8::Intercepted GetMethod(v8::Local<v8::Name> name, const v8::PropertyCallbackInfo<v8::Value>& info) {
    v8::Isolate* isolate = info.GetIsolate();
    if (!name->IsString()) return v8::Intercepted::kNo;
    // An object with one would be taken for a promise, and JSON.stringify would call the other.
    const std::string text = ToUtf8(isolate, name.As<v8::String>());
    if (text == "then" || text == "toJSON") return v8::Intercepted::kNo;
    v8::Local<v8::Context> context = isolate->GetCurrentContext();
    v8::Local<v8::Value> data[] = {info.This(), name};
    v8::Local<v8::Function> method;
    if (!v8::Function::New(context, CallMethod, v8::Array::New(isolate, data, 2), 0, v8::ConstructorBehavior::kThrow)
             .ToLocal(&method)) {
      return v8::Intercepted::kYes;  // terminated
    }
    method->SetName(name.As<v8::String>());
    info.GetReturnValue().Set(method);
    return v8::Intercepted::kYes;
  }

  static void CallMethod(const v8::FunctionCallbackInfo<v8::Value>& info) {
    Cx cx = internal::MakeCx(info, kSpec.name, "");
    if (cx.realm().CountCall()) return;
    v8::TryCatch try_catch(cx.isolate);
    auto result = StartCall(cx, info);
    if (result) {
      info.GetReturnValue().Set(*result);
      return;
    }
    Throw(cx.isolate, result.error());
    internal::RejectWithPending(cx, try_catch, info.GetReturnValue());
  }

  static Result<v8::Local<v8::Value>> StartCall(Cx& cx, const v8::FunctionCallbackInfo<v8::Value>& info) {
    v8::Local<v8::Value> fetcher;
    v8::Local<v8::Value> name;
    v8::Local<v8::Array> data = info.Data().As<v8::Array>();
    if (!data->Get(cx.context, 0).ToLocal(&fetcher) || !data->Get(cx.context, 1).ToLocal(&name)) return Pending();
    auto* self = Unwrap<Fetcher>(fetcher);
    if (!self || !name->IsString()) return TypeError("Illegal invocation");
    std::vector<v8::Local<v8::Value>> arguments;
    for (int i = 0; i < info.Length(); ++i) arguments.push_back(info[i]);
    return CallService(cx, self->target_, ToUtf8(cx.isolate, name.As<v8::String>()),
                       v8::Array::New(cx.isolate, arguments.data(), arguments.size()));
  }

  static constexpr Member kTable[] = {
      Table<Fetcher>::AsyncMethod<"fetch", &Fetch>(),
  };
};

constinit const ClassSpec Fetcher::kSpec = {
    .name = "Fetcher",
    .members = Members::kTable,
    .exposed = false,
};

v8::MaybeLocal<v8::Object> Fetcher::New(v8::Isolate* isolate, std::shared_ptr<const ServiceTarget> target) {
  v8::Local<v8::Object> object;
  if (!NewObject(isolate, std::make_unique<Fetcher>(std::move(target))).ToLocal(&object)) return {};
  // What neither it nor its class has is a method of the other worker: between the two is an object that makes one for
  // every name.
  v8::Local<v8::Context> context = isolate->GetCurrentContext();
  v8::Local<v8::ObjectTemplate> any_name = v8::ObjectTemplate::New(isolate);
  any_name->SetHandler(v8::NamedPropertyHandlerConfiguration(
      Members::GetMethod, nullptr, nullptr, nullptr, nullptr, v8::Local<v8::Value>(),
      static_cast<v8::PropertyHandlerFlags>(static_cast<int>(v8::PropertyHandlerFlags::kNonMasking) |
                                            static_cast<int>(v8::PropertyHandlerFlags::kOnlyInterceptStrings))));
  v8::Local<v8::Object> methods;
  if (!any_name->NewInstance(context).ToLocal(&methods) ||
      !methods->SetPrototypeV2(context, object->GetPrototypeV2()).FromMaybe(false) ||
      !object->SetPrototypeV2(context, methods).FromMaybe(false)) {
    return {};
  }
  return object;
}

}  // namespace verge::bindings
