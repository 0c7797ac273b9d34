#include "bindings/fetch/cache_context.h"

#include <string>
#include <utility>
#include <vector>

#include "bindings/cache/cache_host.h"
#include "bindings/core/invocation_scope.h"
#include "bindings/fetch/host_services.h"

namespace verge::bindings {

bool CacheContext::PurgeOptions::Read(Cx& cx, v8::Local<v8::Object> object, PurgeOptions* out) {
  return ReadMember(cx, object, Name::kPathPrefixes, &out->path_prefixes) &&
         ReadMember(cx, object, Name::kPurgeEverything, &out->everything) &&
         ReadMember(cx, object, Name::kTags, &out->tags);
}

namespace {

std::vector<cache::PurgeRequest> RequestsOf(CacheContext::PurgeOptions options, bool soft) {
  std::vector<cache::PurgeRequest> requests;
  if (options.everything) requests.push_back({.kind = cache::PurgeKind::kEverything, .text = {}, .soft = soft});
  for (std::string& tag : options.tags.value_or(std::vector<std::string>())) {
    requests.push_back({.kind = cache::PurgeKind::kTag, .text = std::move(tag), .soft = soft});
  }
  for (std::string& prefix : options.path_prefixes.value_or(std::vector<std::string>())) {
    requests.push_back({.kind = cache::PurgeKind::kPrefix, .text = std::move(prefix), .soft = soft});
  }
  return requests;
}

Result<v8::Local<v8::Value>> Run(Cx& cx, CacheContext::PurgeOptions options, bool soft) {
  auto invocation = RequireInvocation(cx);
  if (!invocation) return std::unexpected(invocation.error());
  if (!options.everything && !options.tags && !options.path_prefixes) {
    return std::unexpected(cx.MakeTypeError("one of tags, pathPrefixes and purgeEverything is required."));
  }
  const HostServices* services = cx.realm().host_services();
  if (CacheHost* host = services ? services->cache : nullptr) {
    for (const cache::PurgeRequest& request : RequestsOf(std::move(options), soft)) {
      host->service().Purge(host->owner(), request);
    }
  }
  v8::Local<v8::Object> result = v8::Object::New(cx.isolate);
  v8::Local<v8::Promise::Resolver> resolver;
  if (!result->CreateDataProperty(cx.context, NewSymbolName(cx.isolate, "success"), v8::True(cx.isolate))
           .FromMaybe(false) ||
      !result->CreateDataProperty(cx.context, NewSymbolName(cx.isolate, "errors"), v8::Array::New(cx.isolate))
           .FromMaybe(false) ||
      !v8::Promise::Resolver::New(cx.context).ToLocal(&resolver) || resolver->Resolve(cx.context, result).IsNothing()) {
    return Pending();
  }
  return resolver->GetPromise().As<v8::Value>();
}

}  // namespace

Result<v8::Local<v8::Value>> CacheContext::Purge(Cx& cx, PurgeOptions options) {
  return Run(cx, std::move(options), false);
}

Result<v8::Local<v8::Value>> CacheContext::Invalidate(Cx& cx, PurgeOptions options) {
  return Run(cx, std::move(options), true);
}

}  // namespace verge::bindings
