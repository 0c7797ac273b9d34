// From a request and what the store has to what is done: RFC 9111, 4. Pure functions.
#ifndef CACHE_PLAN_H_
#define CACHE_PLAN_H_

#include <cstdint>

#include "cache/entry.h"
#include "cache/freshness.h"
#include "cache/rules.h"

namespace verge::cache {

enum class Step : uint8_t {
  kServe,            // answer from the entry
  kServeAndRefresh,  // answer from the entry, and let whoever gets the lease refresh it
  kValidate,  // ask the origin with ConditionalRequestFields; verdict.usable_on_error says whether the entry may stand
              // in
  kForward,   // ask the origin; nothing stored helps. verdict.usable_on_error as above
  kUnavailable,  // only-if-cached: 504
};

struct Plan {
  Step step = Step::kForward;
  Verdict verdict;  // of the entry
};

// `entry` may be null. For GET and HEAD; any other method is kForward.
Plan PlanRequest(const RequestView& request, const Entry* entry, bool invalidated, const Rules& rules, Time now);

}  // namespace verge::cache

#endif  // CACHE_PLAN_H_
