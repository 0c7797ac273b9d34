#include "bindings/assets/assets_binding.h"

#include <string>

#include "bindings/core/function.h"
#include "bindings/core/invocation_scope.h"
#include "bindings/fetch/fetch_operation.h"
#include "bindings/fetch/outgoing_request.h"
#include "bindings/fetch/redirect.h"

namespace verge::bindings {

struct AssetsBinding::Members {
  static Result<v8::Local<v8::Value>> Fetch(Cx& cx, AnyValue input, v8::Local<v8::Value> init) {
    auto* self = Unwrap<AssetsBinding>(cx.self);
    if (!self) return TypeError("Illegal invocation");
    auto invocation = RequireInvocation(cx);
    if (!invocation) return std::unexpected(std::move(invocation).error());
    auto request = MakeOutgoingRequest(cx, *invocation, input.value, init);
    if (!request) return std::unexpected(std::move(request).error());
    if (!IsHttp(request->url)) {
      return TypeError("Fetch API cannot load: " + std::string(request->url.get_href()) +
                       ": assets are asked for with http: and https: URLs.");
    }
    request->assets = self->site_;
    return FetchOperation::Start(cx, *invocation, *std::move(request));
  }

  static constexpr Member kTable[] = {
      Table<AssetsBinding>::AsyncMethod<"fetch", &Fetch>(),
  };
};

constinit const ClassSpec AssetsBinding::kSpec = {
    .name = "Fetcher",
    .members = Members::kTable,
    .exposed = false,
};

v8::MaybeLocal<v8::Object> AssetsBinding::New(v8::Isolate* isolate, std::shared_ptr<const assets::Site> site) {
  return NewObject(isolate, std::make_unique<AssetsBinding>(std::move(site)));
}

namespace {
constexpr const ClassSpec* kClasses[] = {&AssetsBinding::kSpec};
}  // namespace

constinit const Family kAssetsFamily = {.classes = kClasses, .globals = {}, .natives = {}, .lazy_globals = {}};

}  // namespace verge::bindings
