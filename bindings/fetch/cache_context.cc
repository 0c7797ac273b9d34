#include "bindings/fetch/cache_context.h"

#include <utility>

#include "bindings/cache/cache_host.h"
#include "bindings/core/invocation_scope.h"
#include "bindings/fetch/host_services.h"

namespace verge::bindings {

bool CacheContext::PurgeOptions::Read(Cx& cx, v8::Local<v8::Object> object, PurgeOptions* out) {
  return ReadMember(cx, object, Name::kPathPrefixes, &out->path_prefixes) &&
         ReadMember(cx, object, Name::kPurgeEverything, &out->everything) &&
         ReadMember(cx, object, Name::kTags, &out->tags);
}

Result<v8::Local<v8::Value>> CacheContext::Purge(Cx& cx, PurgeOptions options) {
  auto invocation = RequireInvocation(cx);
  if (!invocation) return std::unexpected(invocation.error());
  if (!options.everything && !options.tags && !options.path_prefixes) {
    return TypeError("purge() needs one of tags, pathPrefixes and purgeEverything.");
  }
  const HostServices* services = cx.realm().host_services();
  if (CacheHost* host = services ? services->cache : nullptr) {
    std::vector<cache::PurgeRequest> requests;
    if (options.everything) requests.push_back({.kind = cache::PurgeKind::kEverything, .text = {}});
    if (options.tags) {
      for (std::string& tag : *options.tags) {
        requests.push_back({.kind = cache::PurgeKind::kTag, .text = std::move(tag)});
      }
    }
    if (options.path_prefixes) {
      for (std::string& prefix : *options.path_prefixes) {
        requests.push_back({.kind = cache::PurgeKind::kPrefix, .text = std::move(prefix)});
      }
    }
    for (const cache::PurgeRequest& request : requests) host->service().Purge(host->owner(), request);
  }
  v8::Local<v8::Object> result = v8::Object::New(cx.isolate);
  v8::Local<v8::Promise::Resolver> resolver;
  if (!result->CreateDataProperty(cx.context, NewSymbolName(cx.isolate, "success"), v8::True(cx.isolate))
           .FromMaybe(false) ||
      !v8::Promise::Resolver::New(cx.context).ToLocal(&resolver) || resolver->Resolve(cx.context, result).IsNothing()) {
    return Pending();
  }
  return resolver->GetPromise().As<v8::Value>();
}

}  // namespace verge::bindings
