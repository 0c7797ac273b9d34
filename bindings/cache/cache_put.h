// cache.put(): from a Response to what is stored.
#ifndef BINDINGS_CACHE_CACHE_PUT_H_
#define BINDINGS_CACHE_CACHE_PUT_H_

#include <memory>

#include "bindings/cache/cache.h"

namespace verge::bindings {

// The promise that put() gives. The response's body is used from now on; whether it was stored in the end is not told.
// `space` null: there is no cache, everything else happens all the same.
Result<v8::Local<v8::Value>> PutResponse(Cx& cx, runtime::Invocation* invocation, CacheHost* host,
                                         std::shared_ptr<cache::Namespace> space, CacheKey key,
                                         v8::Local<v8::Object> response);

}  // namespace verge::bindings

#endif  // BINDINGS_CACHE_CACHE_PUT_H_
