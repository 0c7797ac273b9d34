// What Cache-Control and its relatives say: RFC 9111, 5.2 and 5.4; RFC 5861; RFC 8246 (immutable); RFC 9213 (targeted
// fields such as CDN-Cache-Control).
//
// Parsing is lenient in what costs nothing and strict where leniency could keep something too long:
//  - names in any case, values as tokens or quoted strings, unknown directives and their values passed over;
//  - of a directive that is repeated with a delta, the smallest one counts (RFC 9111, 4.2.1: the most restrictive, or
//  the
//    response is stale); one that is not a number makes the response stale: a delta of zero;
//  - deltas above 2^31 are 2^31 (RFC 9111, 1.2.2).
#ifndef CACHE_CACHE_CONTROL_H_
#define CACHE_CACHE_CONTROL_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/fields.h"
#include "cache/time.h"

namespace verge::cache {

inline constexpr Seconds kMaxDelta{int64_t{1} << 31};

// delta-seconds (RFC 9111, 1.2.2): digits only. nullopt: it is none.
std::optional<Seconds> ParseDeltaSeconds(std::string_view text);

// RFC 9111, 5.2.2.
struct ResponseDirectives {
  bool present = false;  // there was such a field (and, of a targeted one, it was valid and not empty)

  std::optional<Seconds> max_age;
  std::optional<Seconds> s_maxage;
  std::optional<Seconds> stale_while_revalidate;  // RFC 5861, 3
  std::optional<Seconds> stale_if_error;          // RFC 5861, 4
  bool no_store = false;
  bool no_cache = false;    // without field names
  bool is_private = false;  // without field names
  bool is_public = false;
  bool must_revalidate = false;
  bool proxy_revalidate = false;
  bool must_understand = false;
  bool no_transform = false;
  bool immutable = false;

  // no-cache="a, b" and private="a, b": names in lower case.
  std::vector<std::string> no_cache_fields;
  std::vector<std::string> private_fields;
};

// RFC 9111, 5.2.1.
struct RequestDirectives {
  std::optional<Seconds> max_age;
  std::optional<Seconds> min_fresh;
  std::optional<Seconds> max_stale;       // kMaxDelta: any staleness (no value given)
  std::optional<Seconds> stale_if_error;  // RFC 5861, 4
  bool no_cache = false;                  // also Pragma: no-cache where there is no Cache-Control (5.4)
  bool no_store = false;
  bool only_if_cached = false;
  bool no_transform = false;
};

// Cache-Control of a response.
ResponseDirectives ParseResponseDirectives(Fields fields);

// The directives of the first field of `names` (in their order) that is present and a valid, non-empty structured
// dictionary (RFC 9213, 2.1; RFC 9651); of Cache-Control when none is. `targeted` (optional): which it was.
inline constexpr std::string_view kTargetedFields[] = {"cloudflare-cdn-cache-control", "cdn-cache-control"};
ResponseDirectives ParseTargetedDirectives(Fields fields, std::span<const std::string_view> names,
                                           std::string_view* targeted = nullptr);

// Cache-Control and Pragma of a request.
RequestDirectives ParseRequestDirectives(Fields fields);

}  // namespace verge::cache

#endif  // CACHE_CACHE_CONTROL_H_
