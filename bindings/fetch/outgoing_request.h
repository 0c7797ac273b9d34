// A request on its way out of a worker: everything that fetch() needs of its arguments, copied out of the isolate.
#ifndef BINDINGS_FETCH_OUTGOING_REQUEST_H_
#define BINDINGS_FETCH_OUTGOING_REQUEST_H_

#include <ada.h>
#include <v8.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bindings/cache/http_cache.h"
#include "bindings/core/convert.h"
#include "bindings/core/error.h"
#include "bindings/fetch/field_list.h"
#include "bindings/fetch/stream_pump.h"
#include "http/body.h"
#include "http/bytes.h"
#include "http/message.h"
#include "runtime/invocation.h"

namespace verge::assets {
class Site;
}

namespace verge::bindings {

struct ServiceTarget;

enum class RedirectMode : uint8_t { kFollow, kManual, kError };

// The members of a request's `cf` that the HTTP cache knows.
struct CfCacheOptions {
  std::optional<cache::Seconds> ttl;            // cacheTtl
  bool everything = false;                      // cacheEverything
  std::string key;                              // cacheKey
  std::vector<std::string> tags;                // cacheTags
  std::vector<cache::StatusTtl> ttl_by_status;  // cacheTtlByStatus
};

struct OutgoingRequest {
  std::string method = "GET";
  ada::url_aggregator url;
  FieldList fields;
  std::variant<std::monostate, http::Bytes, http::Ref<http::BodySource>> body;
  http::Ref<StreamPump> pump;  // when the body is a stream of JavaScript: the same object
  RedirectMode redirect = RedirectMode::kFollow;
  bool upgrade = false;  // the worker asks for a WebSocket
  CacheMode cache_mode = CacheMode::kDefault;
  std::unique_ptr<CfCacheOptions> cf;  // what `cf` says of caching, if anything
  v8::Local<v8::Value> signal;         // an AbortSignal, or empty
  // The assets that it is for, whatever host the URL names; null: it goes out.
  std::shared_ptr<const assets::Site> assets;
  // The worker that it goes to; null: whatever server the URL names.
  std::shared_ptr<const ServiceTarget> service;

  // A body from a stream is gone once it was sent.
  [[nodiscard]] bool body_is_replayable() const { return !std::holds_alternative<http::Ref<http::BodySource>>(body); }
};

// From the arguments of fetch(). `init` may be undefined. A Request that is given loses its body, as by new Request().
// `service` as above: what goes to a worker has the fields that it was given, and no others.
Result<OutgoingRequest> MakeOutgoingRequest(Cx& cx, runtime::Invocation* invocation, v8::Local<v8::Value> input,
                                            v8::Local<v8::Value> init,
                                            std::shared_ptr<const ServiceTarget> service = nullptr);

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_OUTGOING_REQUEST_H_
