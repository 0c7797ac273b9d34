#include "cache/conditional.h"

#include "http/field_syntax.h"

namespace verge::cache {

namespace {

bool IsWeak(std::string_view etag) { return etag.starts_with("W/") || etag.starts_with("w/"); }

std::string_view Opaque(std::string_view etag) {
  if (IsWeak(etag)) etag.remove_prefix(2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    etag.remove_prefix(1);
    etag.remove_suffix(1);
  }
  return etag;
}

// Takes the next entity-tag off the list. Commas may be in its quotes, so the list is not one of plain elements.
std::string_view NextEtag(std::string_view& list) {
  while (!list.empty() && (list.front() == ',' || http::IsBlank(list.front()))) list.remove_prefix(1);
  size_t end = 0;
  bool quoted = false;
  while (end < list.size() && (quoted || list[end] != ',')) {
    if (list[end] == '"') quoted = !quoted;
    ++end;
  }
  const std::string_view etag = http::TrimBlanks(list.substr(0, end));
  list.remove_prefix(end);
  return etag;
}

}  // namespace

bool WeakEquals(std::string_view a, std::string_view b) { return Opaque(a) == Opaque(b); }

bool StrongEquals(std::string_view a, std::string_view b) { return !IsWeak(a) && !IsWeak(b) && a == b; }

bool EtagListHas(std::string_view list, std::string_view etag, bool strong) {
  if (http::TrimBlanks(list) == "*") return true;
  while (true) {
    const std::string_view candidate = NextEtag(list);
    if (candidate.empty() && list.empty()) return false;
    if (candidate.empty()) continue;
    if (strong ? StrongEquals(candidate, etag) : WeakEquals(candidate, etag)) return true;
  }
}

bool IsNotModified(Fields request, Fields stored, Time now) {
  // RFC 9110, 13.1.2 and 13.2.2: with If-None-Match, If-Modified-Since is not looked at.
  if (const auto list = JoinFields(request, "if-none-match")) {
    const auto etag = FindField(stored, "etag");
    if (http::TrimBlanks(*list) == "*") return true;
    return etag && EtagListHas(*list, *etag, false);
  }
  const auto since_field = FindField(request, "if-modified-since");
  if (!since_field) return false;
  const auto since = ParseHttpDate(*since_field, now);
  if (!since) return false;  // 13.1.3: what is no date is ignored

  // RFC 9111, 4.3.2: without Last-Modified, Date stands for it.
  auto modified_field = FindField(stored, "last-modified");
  if (!modified_field) modified_field = FindField(stored, "date");
  if (!modified_field) return false;
  const auto modified = ParseHttpDate(*modified_field, now);
  return modified && *modified <= *since;
}

bool IfRangeHolds(Fields request, Fields stored, Time now) {
  const auto condition = FindField(request, "if-range");
  if (!condition) return true;
  if (condition->find('"') != std::string_view::npos) {
    const auto etag = FindField(stored, "etag");
    return etag && StrongEquals(*condition, *etag);
  }
  const auto modified = FindField(stored, "last-modified");
  if (!modified) return false;
  const auto wanted = ParseHttpDate(*condition, now);
  return wanted && wanted == ParseHttpDate(*modified, now);
}

}  // namespace verge::cache
