#include "cache/plan.h"

namespace verge::cache {

Plan PlanRequest(const RequestView& request, const Entry* entry, bool invalidated, const Rules& rules, Time now) {
  Plan plan;
  if (request.method != "GET" && request.method != "HEAD") return plan;
  RequestDirectives directives;
  if (rules.request_directives) directives = ParseRequestDirectives(request.fields);
  if (entry) {
    plan.verdict = Judge(entry->lifetime(), now, rules.request_directives ? &directives : nullptr, invalidated);
  }
  if (directives.no_store) return plan;

  switch (plan.verdict.usability) {
    case Usability::kFresh:
    case Usability::kStale:
      plan.step = Step::kServe;
      return plan;
    case Usability::kStaleWhileRevalidate:
      plan.step = Step::kServeAndRefresh;
      return plan;
    case Usability::kStaleIfError:
    case Usability::kMustValidate:
      // A HEAD goes to the origin as it is: what comes back may confirm the entry (RFC 9111, 4.3.5), a 304 to it would
      // not do.
      plan.step = entry->lifetime().has_validator && request.method == "GET" ? Step::kValidate : Step::kForward;
      break;
    case Usability::kGone:
      plan.step = Step::kForward;
      break;
  }
  if (directives.only_if_cached) plan.step = Step::kUnavailable;
  return plan;
}

}  // namespace verge::cache
