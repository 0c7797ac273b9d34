// How long a response may be used: RFC 9111, 4.2 (freshness, age, stale responses), RFC 5861 (stale-while-revalidate,
// stale-if-error). Pure functions; the clock is an argument.
#ifndef CACHE_FRESHNESS_H_
#define CACHE_FRESHNESS_H_

#include <cstdint>

#include "cache/cache_control.h"
#include "cache/fields.h"
#include "cache/rules.h"
#include "cache/time.h"

namespace verge::cache {

// All that has to be known of a stored response to judge it later: worked out once, when it is stored.
struct Lifetime {
  Time response_time{};               // when it was received; `initial_age` is its age then
  Seconds initial_age{0};             // 4.2.3: corrected_initial_age
  Seconds freshness{0};               // 4.2.1, from the age of zero on
  Seconds stale_while_revalidate{0};  // zero also where must-revalidate, proxy-revalidate or no-cache forbid it
  Seconds stale_if_error{0};          // the same
  bool must_revalidate = false;       // must-revalidate, proxy-revalidate, s-maxage: no request may ask for it stale
  bool no_cache = false;              // never used without validation
  bool heuristic = false;             // freshness is a guess (4.2.2)
  bool has_validator = false;         // ETag or Last-Modified: can be revalidated

  friend bool operator==(const Lifetime&, const Lifetime&) = default;
};

// RFC 9111, 4.2.3: corrected_initial_age. `request_time` is when the request was sent. An Age that is not a number
// counts as none; of several, or a list, the first counts.
Seconds InitialAge(Fields response, Time request_time, Time response_time);

// RFC 9111, 4.2.1 and 4.2.2, by `rules`: their ttl, targeted fields, s-maxage, max-age, Expires, heuristics, defaults.
Lifetime ComputeLifetime(const ResponseView& response, const Rules& rules, Time request_time, Time response_time);

// current_age.
Seconds CurrentAge(const Lifetime& lifetime, Time now);

enum class Usability : uint8_t {
  kFresh,                 // may be used
  kStaleWhileRevalidate,  // may be used, a refresh should be started
  kStale,                 // may be used, because the request asks for it (max-stale)
  kStaleIfError,          // has to be validated; may be used if that fails for a 5xx or a lost connection
  kMustValidate,          // has to be validated
  kGone,                  // would have to be validated, but cannot be: of no use for this request
};

struct Verdict {
  Usability usability = Usability::kGone;
  Seconds age{0};         // for the Age field
  Seconds fresh_left{0};  // negative: since when it is stale
  bool usable() const { return usability <= Usability::kStale; }
  // Whether it may stand in when the origin fails.
  bool usable_on_error = false;
};

// What a stored response is good for at `now`. `invalidated`: a soft purge, or another reason to look at it as stale
// now. `request`: the request's directives, or null where they do not count.
Verdict Judge(const Lifetime& lifetime, Time now, const RequestDirectives* request = nullptr, bool invalidated = false);

// From when on it is of no use to any request and may be forgotten. Time::max() when it can be revalidated.
Time UselessFrom(const Lifetime& lifetime);

// Whether an origin's answer is an error in the sense of stale-if-error (RFC 5861, 4): 500, 502, 503, 504.
bool IsStaleIfErrorStatus(int status);

}  // namespace verge::cache

#endif  // CACHE_FRESHNESS_H_
