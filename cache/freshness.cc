#include "cache/freshness.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "cache/storing.h"
#include "http/field_syntax.h"

namespace verge::cache {

namespace {

constexpr Seconds kLongestHeuristic = std::chrono::days(1);

Seconds Floor(Millis duration) { return std::chrono::floor<Seconds>(duration); }

Seconds NotNegative(Seconds seconds) { return std::max(seconds, Seconds(0)); }

std::optional<Time> DateField(Fields fields, std::string_view name, Time now) {
  const auto value = FindField(fields, name);
  return value ? ParseHttpDate(*value, now) : std::nullopt;
}

// RFC 9111, 5.1.
Seconds AgeField(Fields fields) {
  const auto value = FindField(fields, "age");
  if (!value) return Seconds(0);
  std::string_view list = *value;
  std::string_view age = http::NextListElement(list);

  // It has no parameters; if it has some, the number before is what was meant.
  age = http::TrimBlanks(age.substr(0, age.find(';')));
  return ParseDeltaSeconds(age).value_or(Seconds(0));
}

// What Cloudflare gives responses that say nothing.
std::optional<Seconds> DefaultTtl(int status) {
  switch (status) {
    case 200:
    case 206:
    case 301:
      return std::chrono::hours(2);
    case 302:
    case 303:
      return std::chrono::minutes(20);
    case 403:
      return std::chrono::minutes(1);
    case 404:
    case 410:
      return std::chrono::minutes(3);
    default:
      return std::nullopt;
  }
}

// cacheTtlByStatus and cacheTtl. They count from now on, whatever age the response has already.
std::optional<Seconds> ForcedTtl(int status, const Rules& rules) {
  for (const StatusTtl& rule : rules.ttl_by_status) {
    if (status >= rule.first && status <= rule.last) return rule.ttl;
  }
  return status < 400 ? rules.ttl : std::nullopt;
}

// RFC 9111, 4.2.2.
std::optional<Seconds> HeuristicLifetime(const ResponseView& response, const ResponseDirectives& directives,
                                         Time response_time) {
  if (!IsHeuristicallyCacheable(response.status) && !directives.is_public) return std::nullopt;
  const auto modified = DateField(response.fields, "last-modified", response_time);
  if (!modified) return std::nullopt;
  const Time date = DateField(response.fields, "date", response_time).value_or(response_time);
  return std::clamp(Floor((date - *modified) / 10), Seconds(0), kLongestHeuristic);
}

// RFC 9111, 4.2.1: what the origin has said, in the order of precedence. nullopt: nothing.
std::optional<Seconds> ExplicitLifetime(const ResponseView& response, const ResponseDirectives& directives,
                                        bool targeted, Time response_time) {
  if (directives.s_maxage) return directives.s_maxage;
  if (directives.max_age) return directives.max_age;
  if (targeted) return std::nullopt;  // RFC 9213, 2.1: Expires is ignored, too
  const auto expires = FindField(response.fields, "expires");
  if (!expires) return std::nullopt;

  // 5.3: what is no date, "0" above all, is in the past.
  const auto when = ParseHttpDate(*expires, response_time);
  if (!when) return Seconds(0);
  const Time date = DateField(response.fields, "date", response_time).value_or(response_time);
  return std::min(NotNegative(Floor(*when - date)), kMaxDelta);
}

}  // namespace

Seconds InitialAge(Fields response, Time request_time, Time response_time) {
  const Time date = DateField(response, "date", response_time).value_or(response_time);
  const Seconds apparent_age = NotNegative(Floor(response_time - date));
  const Seconds response_delay = NotNegative(Floor(response_time - request_time));
  return std::min(std::max(apparent_age, AgeField(response) + response_delay), kMaxDelta);
}

Lifetime ComputeLifetime(const ResponseView& response, const Rules& rules, Time request_time, Time response_time) {
  std::string_view targeted;
  const ResponseDirectives directives = rules.targeted_fields
                                            ? ParseTargetedDirectives(response.fields, kTargetedFields, &targeted)
                                            : ParseResponseDirectives(response.fields);
  Lifetime lifetime;
  lifetime.response_time = response_time;
  lifetime.initial_age = InitialAge(response.fields, request_time, response_time);
  lifetime.has_validator = FindField(response.fields, "etag").has_value() ||
                           DateField(response.fields, "last-modified", response_time).has_value();
  const Seconds stale_while_revalidate = directives.stale_while_revalidate.value_or(Seconds(0));
  const Seconds stale_if_error = directives.stale_if_error.value_or(Seconds(0));

  if (const auto forced = ForcedTtl(response.status, rules)) {
    lifetime.freshness = std::min(lifetime.initial_age + NotNegative(*forced), 2 * kMaxDelta);
    lifetime.stale_while_revalidate = stale_while_revalidate;
    lifetime.stale_if_error = stale_if_error;
    return lifetime;
  }

  lifetime.no_cache = directives.no_cache;
  lifetime.must_revalidate =
      directives.must_revalidate || directives.proxy_revalidate || directives.s_maxage.has_value();

  // 5.2.2.2, 5.2.2.8: must-revalidate and proxy-revalidate forbid what RFC 5861 offers. s-maxage has the meaning of
  // proxy-revalidate (5.2.2.10), but who writes stale-while-revalidate beside it means shared caches: there are no
  // others.
  if (!directives.no_cache && !directives.must_revalidate && !directives.proxy_revalidate) {
    lifetime.stale_while_revalidate = stale_while_revalidate;
    lifetime.stale_if_error = stale_if_error;
  }

  if (const auto explicit_lifetime = ExplicitLifetime(response, directives, !targeted.empty(), response_time)) {
    lifetime.freshness = *explicit_lifetime;
    return lifetime;
  }
  std::optional<Seconds> guess;
  if (rules.default_ttls || rules.cache_everything) guess = DefaultTtl(response.status);
  if (!guess && rules.heuristics) guess = HeuristicLifetime(response, directives, response_time);
  if (guess) {
    lifetime.freshness = *guess;
    lifetime.heuristic = true;
  }
  return lifetime;
}

Seconds CurrentAge(const Lifetime& lifetime, Time now) {
  // RFC 9111, 4.2.3. A clock that was set back makes nothing younger than it came.
  return lifetime.initial_age + NotNegative(Floor(now - lifetime.response_time));
}

Verdict Judge(const Lifetime& lifetime, Time now, const RequestDirectives* request, bool invalidated) {
  Verdict verdict;
  verdict.age = CurrentAge(lifetime, now);
  verdict.fresh_left = lifetime.freshness - verdict.age;
  const Seconds staleness = NotNegative(-verdict.fresh_left);

  // RFC 9111, 5.2.1: what the request insists on. max-age=0 is how browsers say "validate".
  bool refused = lifetime.no_cache;
  if (request) {
    refused |= request->no_cache;
    if (request->max_age) refused |= verdict.age > *request->max_age || *request->max_age == Seconds(0);
    if (request->min_fresh) refused |= verdict.fresh_left < *request->min_fresh;
  }

  // RFC 5861, 4. A request's own window counts unless the response insists on validation.
  Seconds error_window = lifetime.stale_if_error;
  if (request && request->stale_if_error && !lifetime.must_revalidate && !lifetime.no_cache) {
    error_window = std::max(error_window, *request->stale_if_error);
  }
  verdict.usable_on_error = staleness < error_window;

  if (!refused && !invalidated) {
    if (verdict.fresh_left > Seconds(0)) {
      verdict.usability = Usability::kFresh;
      return verdict;
    }
    if (request && request->max_stale && staleness <= *request->max_stale && !lifetime.must_revalidate) {
      verdict.usability = Usability::kStale;
      return verdict;
    }
  }
  if (!refused && staleness < lifetime.stale_while_revalidate) {
    verdict.usability = Usability::kStaleWhileRevalidate;
  } else if (verdict.usable_on_error) {
    verdict.usability = Usability::kStaleIfError;
  } else {
    verdict.usability = lifetime.has_validator ? Usability::kMustValidate : Usability::kGone;
  }
  return verdict;
}

Time UselessFrom(const Lifetime& lifetime) {
  if (lifetime.has_validator) return Time::max();
  return lifetime.response_time + (lifetime.freshness - lifetime.initial_age) +
         std::max(lifetime.stale_while_revalidate, lifetime.stale_if_error);
}

bool IsStaleIfErrorStatus(int status) { return status == 500 || status == 502 || status == 503 || status == 504; }

Rules Rules::CacheApi() {
  Rules rules;
  rules.ignore_authorization = true;
  rules.validates = false;
  return rules;
}

Rules Rules::HttpCache() {
  Rules rules;
  rules.request_directives = true;
  return rules;
}

}  // namespace verge::cache
