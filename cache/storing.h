// Which responses are stored, and what of them: RFC 9111, 3. Pure functions.
#ifndef CACHE_STORING_H_
#define CACHE_STORING_H_

#include <string>
#include <string_view>
#include <vector>

#include "cache/cache_control.h"
#include "cache/fields.h"
#include "cache/freshness.h"
#include "cache/rules.h"

namespace verge::cache {

enum class Refusal : uint8_t {
  kNone,           // it is stored
  kMethod,         // not a GET, nor a POST that stands for one (RFC 9110, 9.3.3); a HEAD only updates, see validation.h
  kStatus,         // informational, 206, 304, or not understood while must-understand wants it
  kNoStore,        // no-store in the response, or in the request
  kPrivate,        // private, without field names
  kVaryAny,        // Vary: *
  kAuthorization,  // 3.5
  kSetCookie,      // Workers' rule, see Rules::refuse_set_cookie
  kTtl,            // cacheTtlByStatus below zero
  kUseless,        // neither fresh nor to be validated: it could never be used
};

struct StoreDecision {
  Refusal refusal = Refusal::kNone;
  Lifetime lifetime;
  bool store() const { return refusal == Refusal::kNone; }
};

// RFC 9111, 3. `request_time`: when the request left; `response_time`: when the response's head came.
StoreDecision DecideToStore(const RequestView& request, const ResponseView& response, const Rules& rules,
                            Time request_time, Time response_time);

// RFC 9111, 3.1: what is kept of the response's fields. Left out: what concerns the connection and what Connection
// names, Proxy-*, fields named by private="…" and no-cache="…", Set-Cookie when stripped, Content-Length (the store
// knows). Views into `response`.
std::vector<HeaderField> StoredFields(Fields response, const Rules& rules);

// Statuses that may be kept without being told for how long (RFC 9110, 15.1).
bool IsHeuristicallyCacheable(int status);

// Cache-Tag fields, split at commas, without white space and without repetitions, in lower case; longer than 1024
// bytes: left out.
std::vector<std::string> CacheTags(Fields response);

// The one word for logs and tests: "no-store", "private", …
std::string_view RefusalName(Refusal refusal);

}  // namespace verge::cache

#endif  // CACHE_STORING_H_
