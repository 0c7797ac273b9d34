// How a cache is to behave where the standard leaves a choice, or Workers make one for the response.
#ifndef CACHE_RULES_H_
#define CACHE_RULES_H_

#include <optional>
#include <vector>

#include "cache/time.h"

namespace verge::cache {

// One entry of `cf.cacheTtlByStatus`: statuses `first` to `last` live for `ttl`; negative: they are not stored; zero:
// stored, but stale at once.
struct StatusTtl {
  int first = 0;
  int last = 0;
  Seconds ttl{0};
};

struct Rules {
  // Cache-Control and Pragma of requests count. The Cache API ignores them, an HTTP cache does not.
  bool request_directives = false;

  // CDN-Cache-Control and Cloudflare-CDN-Cache-Control come before Cache-Control (RFC 9213).
  bool targeted_fields = true;

  // RFC 9111, 4.2.2: a tenth of the time since Last-Modified, a day at most, for responses that say nothing.
  bool heuristics = true;

  // Instead of the heuristics, Cloudflare's times by status for responses that say nothing: 200, 206, 301 two hours;
  // 302, 303 twenty minutes; 404, 410 three minutes; 403 one minute.
  bool default_ttls = false;

  // A response with Set-Cookie is not stored, unless `private=set-cookie` strips the cookie (Workers). Off: as RFC 9111
  // has it, which stores it.
  bool refuse_set_cookie = true;

  // Who uses this cache validates what is stale. Off: what is stale at once and stays so is not worth storing.
  bool validates = true;

  // The part of a fetch's `cf` that decides for the response. They beat what the origin says, no-store and private
  // included, but not Vary: *, not Authorization, and not the rules about methods and partial responses.
  std::optional<Seconds> ttl;            // cacheTtl, for statuses below 400
  bool cache_everything = false;         // cacheEverything: default_ttls for what says nothing
  std::vector<StatusTtl> ttl_by_status;  // cacheTtlByStatus; the first that fits

  // What a worker's code puts is judged without the request's Authorization: the worker has decided.
  bool ignore_authorization = false;

  static Rules CacheApi();   // caches.default and caches.open: request directives and Authorization are ignored
  static Rules HttpCache();  // below fetch() and in front of a worker
};

}  // namespace verge::cache

#endif  // CACHE_RULES_H_
