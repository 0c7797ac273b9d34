// What a successful unsafe request makes untrue: RFC 9111, 4.4. Pure functions.
#ifndef CACHE_INVALIDATION_H_
#define CACHE_INVALIDATION_H_

#include <string>
#include <string_view>
#include <vector>

#include "cache/fields.h"

namespace verge::cache {

// GET, HEAD, OPTIONS, TRACE (RFC 9110, 9.2.1), and QUERY.
bool IsSafeMethod(std::string_view method);

// The absolute URLs whose stored responses are to be dropped: the request's own, and those of Location and
// Content-Location if they have its origin. Empty for safe methods and for responses that are no success (2xx, 3xx).
std::vector<std::string> InvalidatedUrls(const RequestView& request, const ResponseView& response);

}  // namespace verge::cache

#endif  // CACHE_INVALIDATION_H_
