// Conditions of a client's request against a stored response: RFC 9110, 13 and RFC 9111, 4.3.2. Pure functions.
#ifndef CACHE_CONDITIONAL_H_
#define CACHE_CONDITIONAL_H_

#include <cstdint>
#include <string_view>

#include "cache/fields.h"
#include "cache/time.h"

namespace verge::cache {

// RFC 9110, 8.8.3.2. Without quotes it is taken for what it says, as clients send such.
bool WeakEquals(std::string_view a, std::string_view b);
bool StrongEquals(std::string_view a, std::string_view b);

// Whether `list` (an If-None-Match or If-Match) names `etag`; "*" names any that exists.
bool EtagListHas(std::string_view list, std::string_view etag, bool strong);

// Whether a GET or HEAD with these fields is answered with 304 by the stored response: If-None-Match, and only without
// that If-Modified-Since against Last-Modified (else Date).
bool IsNotModified(Fields request, Fields stored, Time now);

// RFC 9110, 13.1.5: whether Range counts. True without If-Range.
bool IfRangeHolds(Fields request, Fields stored, Time now);

}  // namespace verge::cache

#endif  // CACHE_CONDITIONAL_H_
