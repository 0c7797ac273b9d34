#include "cache/storing.h"

#include <algorithm>
#include <array>

#include "cache/vary.h"
#include "http/field_syntax.h"

namespace verge::cache {

namespace {

constexpr size_t kLongestTag = 1024;

// RFC 9111, 3.1, RFC 9110, 7.6.1: fields of the connection, and what the store writes anew for each answer.
constexpr std::array<std::string_view, 12> kNeverStored = {
    "connection", "keep-alive", "proxy-connection",  "proxy-authenticate", "proxy-authorization",
    "te",         "upgrade",    "transfer-encoding", "content-length",     "proxy-authentication-info",
    "age",        "trailer",
};

bool Names(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::any_of(names, [&](const std::string& other) { return http::EqualsIgnoreCase(other, name); });
}

// RFC 9111, 5.2.2.3: statuses whose caching requirements this cache knows.
bool IsUnderstood(int status) {
  return IsHeuristicallyCacheable(status) || status == 201 || status == 202 || status == 302 || status == 303 ||
         status == 307 || (status >= 400 && status <= 417) || (status >= 500 && status <= 505);
}

// RFC 9110, 9.3.3: the response to a POST stands for a later GET of what Content-Location names, if that is the URL
// itself and the response says how long.
bool PostStandsForGet(const RequestView& request, const ResponseView& response, const ResponseDirectives& directives) {
  if (!http::EqualsIgnoreCase(request.method, "POST")) return false;
  const auto location = FindField(response.fields, "content-location");
  if (!location) return false;
  if (!directives.max_age && !directives.s_maxage && !FindField(response.fields, "expires")) return false;
  if (*location == request.url || location->empty()) return !location->empty() || !request.url.empty();

  // A path: compared with what stands behind the authority.
  const size_t scheme = request.url.find("://");
  const size_t path = scheme == std::string_view::npos ? scheme : request.url.find('/', scheme + 3);
  return path != std::string_view::npos && request.url.substr(path) == *location;
}

}  // namespace

bool IsHeuristicallyCacheable(int status) {
  switch (status) {
    case 200:
    case 203:
    case 204:
    case 206:
    case 300:
    case 301:
    case 308:
    case 404:
    case 405:
    case 410:
    case 414:
    case 501:
      return true;
    default:
      return false;
  }
}

StoreDecision DecideToStore(const RequestView& request, const ResponseView& response, const Rules& rules,
                            Time request_time, Time response_time) {
  const auto refuse = [](Refusal refusal) { return StoreDecision{.refusal = refusal, .lifetime = {}}; };
  const ResponseDirectives directives = rules.targeted_fields
                                            ? ParseTargetedDirectives(response.fields, kTargetedFields)
                                            : ParseResponseDirectives(response.fields);
  if (request.method != "GET" && !PostStandsForGet(request, response, directives)) return refuse(Refusal::kMethod);

  // Partial responses and what answers a Range are not the resource; a 304 is no response to store.
  const int status = response.status;
  if (status < 200 || status == 206 || status == 304 || status == 416) return refuse(Refusal::kStatus);

  bool forced = false;
  for (const StatusTtl& rule : rules.ttl_by_status) {
    if (status < rule.first || status > rule.last) continue;
    if (rule.ttl < Seconds(0)) return refuse(Refusal::kTtl);
    forced = true;
    break;
  }
  if (rules.ttl && status < 400) forced = true;

  if (rules.request_directives && ParseRequestDirectives(request.fields).no_store) return refuse(Refusal::kNoStore);
  if (!forced) {
    // 5.2.2.3: must-understand makes no-store unsaid for those who understand.
    if (directives.must_understand && !IsUnderstood(status)) return refuse(Refusal::kStatus);
    if (directives.no_store && !directives.must_understand) return refuse(Refusal::kNoStore);
    if (directives.is_private) return refuse(Refusal::kPrivate);
  }
  if (MakeVaryKey({}, response.fields).any) return refuse(Refusal::kVaryAny);

  // 3.5.
  if (!rules.ignore_authorization && FindField(request.fields, "authorization") && !directives.is_public &&
      !directives.must_revalidate && !directives.s_maxage) {
    return refuse(Refusal::kAuthorization);
  }
  if (rules.refuse_set_cookie && !forced && FindField(response.fields, "set-cookie") &&
      !Names(directives.private_fields, "set-cookie")) {
    return refuse(Refusal::kSetCookie);
  }

  StoreDecision decision;
  decision.lifetime = ComputeLifetime(response, rules, request_time, response_time);
  const Lifetime& lifetime = decision.lifetime;

  // 3: it has to say how long, that it is public, or have a status that makes it cacheable by itself.
  const bool says_so = forced || directives.max_age || directives.s_maxage || directives.is_public ||
                       lifetime.heuristic || FindField(response.fields, "expires");
  if (!says_so && !IsHeuristicallyCacheable(status)) return refuse(Refusal::kUseless);

  // Somebody has to be able to use it: fresh or in a window, after a validation, or (a request's max-stale) stale.
  const Seconds window = std::max(lifetime.stale_while_revalidate, lifetime.stale_if_error);
  const bool usable = !lifetime.no_cache && lifetime.freshness + window > lifetime.initial_age;
  const bool usable_stale =
      rules.request_directives && !lifetime.no_cache && !lifetime.must_revalidate && lifetime.freshness > Seconds(0);
  const bool usable_validated = rules.validates && lifetime.has_validator;
  if (!usable && !usable_stale && !usable_validated) return refuse(Refusal::kUseless);
  return decision;
}

std::vector<HeaderField> StoredFields(Fields response, const Rules& rules) {
  const ResponseDirectives directives =
      rules.targeted_fields ? ParseTargetedDirectives(response, kTargetedFields) : ParseResponseDirectives(response);
  const std::string connection = JoinFields(response, "connection").value_or("");
  const auto named_by_connection = [&](std::string_view name) {
    std::string_view list = connection;
    while (!list.empty()) {
      if (http::EqualsIgnoreCase(http::NextListElement(list), name)) return true;
    }
    return false;
  };

  std::vector<HeaderField> stored;
  stored.reserve(response.size());
  for (const HeaderField& field : response) {
    const auto is = [&](std::string_view name) { return http::EqualsIgnoreCase(field.name, name); };
    if (std::ranges::any_of(kNeverStored, is) || named_by_connection(field.name)) continue;
    if (rules.refuse_set_cookie && is("set-cookie")) continue;
    if (Names(directives.private_fields, field.name) || Names(directives.no_cache_fields, field.name)) continue;
    stored.push_back(field);
  }
  return stored;
}

std::vector<std::string> CacheTags(Fields response) {
  std::vector<std::string> tags;
  for (const HeaderField& field : response) {
    if (!http::EqualsIgnoreCase(field.name, "cache-tag")) continue;
    std::string_view list = field.value;
    while (!list.empty()) {
      const std::string_view element = http::NextListElement(list);
      if (element.empty() || element.size() > kLongestTag) continue;
      std::string tag(element);
      std::ranges::transform(tag, tag.begin(), http::ToLower);
      if (std::ranges::find(tags, tag) == tags.end()) tags.push_back(std::move(tag));
    }
  }
  return tags;
}

std::string_view RefusalName(Refusal refusal) {
  switch (refusal) {
    case Refusal::kNone:
      return "stored";
    case Refusal::kMethod:
      return "method";
    case Refusal::kStatus:
      return "status";
    case Refusal::kNoStore:
      return "no-store";
    case Refusal::kPrivate:
      return "private";
    case Refusal::kVaryAny:
      return "vary";
    case Refusal::kAuthorization:
      return "authorization";
    case Refusal::kSetCookie:
      return "set-cookie";
    case Refusal::kTtl:
      return "ttl";
    case Refusal::kUseless:
      return "useless";
  }
  return "";
}

}  // namespace verge::cache
