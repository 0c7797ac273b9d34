// ctx.cache, also to be imported from cloudflare:workers: purging what is cached of the worker.
#ifndef BINDINGS_FETCH_CACHE_CONTEXT_H_
#define BINDINGS_FETCH_CACHE_CONTEXT_H_

#include <optional>
#include <string>
#include <vector>

#include "bindings/core/convert.h"
#include "bindings/core/function.h"

namespace verge::bindings {

// Without state: which worker's it is follows from the isolate.
class CacheContext {
 public:
  static const ClassSpec kSpec;

  struct PurgeOptions {
    std::optional<std::vector<std::string>> path_prefixes;
    bool everything = false;
    std::optional<std::vector<std::string>> tags;
    static bool Read(Cx& cx, v8::Local<v8::Object> object, PurgeOptions* out);
  };

  // Both are of all caches of the worker: in front of it, below its fetch(), and of its Cache API. They have taken
  // effect when they return; the promise is resolved with { success: true, errors: [] }.

  // What fits is gone.
  static Result<v8::Local<v8::Value>> Purge(Cx& cx, PurgeOptions options);
  // What fits is stale: it is revalidated before it is used, or while, as its stale-while-revalidate allows.
  static Result<v8::Local<v8::Value>> Invalidate(Cx& cx, PurgeOptions options);
};

inline constexpr Member kCacheContextMembers[] = {
    Table<CacheContext>::AsyncMethod<"invalidate", &CacheContext::Invalidate>(),
    Table<CacheContext>::AsyncMethod<"purge", &CacheContext::Purge>(),
};
inline constexpr ClassSpec CacheContext::kSpec = {
    .name = "CacheContext", .members = kCacheContextMembers, .slots = 1, .slots_only = true, .exposed = false};

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_CACHE_CONTEXT_H_
