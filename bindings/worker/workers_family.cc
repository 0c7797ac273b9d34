#include "bindings/worker/workers_family.h"

#include "bindings/core/convert.h"
#include "bindings/core/function.h"
#include "bindings/core/object.h"
#include "bindings/fetch/cache_context.h"
#include "runtime/invocation.h"

namespace verge::bindings {
namespace {

v8::MaybeLocal<v8::Object> NewCacheContext(Cx& cx) { return NewObject(cx.isolate, CacheContext::kSpec); }

v8::Local<v8::Value> WorkerEnv(Cx& cx) { return cx.realm().env(cx.context); }

Result<> WaitUntil(Cx& cx, v8::Local<v8::Value> promise) {
  runtime::Invocation* invocation = runtime::Invocation::Current(cx.isolate);
  if (!invocation) return TypeError("waitUntil() can only be called while an event is being handled.");
  invocation->WaitUntil(cx.context, promise);
  return {};
}

constexpr GlobalFunction kNatives[] = {
    Function<"newCacheContext", &NewCacheContext>(),
    Function<"waitUntil", &WaitUntil>(),
    Function<"workerEnv", &WorkerEnv>(),
};

}  // namespace

constinit const Family kWorkersFamily = {.classes = {}, .globals = {}, .natives = kNatives, .lazy_globals = {}};

}  // namespace verge::bindings
