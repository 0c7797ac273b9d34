// The response to a POST that says to be what a GET of the same URL would give (RFC 9110, 9.3.3). No V8.
#ifndef BINDINGS_CACHE_POST_RESPONSE_H_
#define BINDINGS_CACHE_POST_RESPONSE_H_

#include <string>

#include "bindings/cache/cache_host.h"
#include "cache/fields.h"
#include "cache/time.h"
#include "http/client/client.h"

namespace verge::bindings {

// Keeps `response` for later GETs of `url` below fetch(), if it names that in Content-Location and says for how long.
// What is given back is to be used instead of it: it reads along with what is stored. `exchange` is kept as long as
// that takes.
http::Ref<http::ClientResponse> KeepResponseToPost(CacheHost& host, const std::string& url, cache::Fields request,
                                                   cache::Time sent, http::Ref<http::ClientResponse> response,
                                                   const http::Ref<http::ClientExchange>& exchange);

}  // namespace verge::bindings

#endif  // BINDINGS_CACHE_POST_RESPONSE_H_
