#include "cache/validation.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "cache/conditional.h"
#include "cache/storing.h"

namespace verge::cache {

namespace {

constexpr std::array<std::string_view, 6> kConditions = {"if-match",          "if-none-match",       "if-range",
                                                         "if-modified-since", "if-unmodified-since", "range"};

// RFC 9111, 3.2: what says how the stored bytes are to be read stays as long as they do.
constexpr std::array<std::string_view, 3> kOfTheBody = {"content-encoding", "content-length", "content-range"};

template <size_t kCount>
bool IsOneOf(std::string_view name, const std::array<std::string_view, kCount>& names) {
  return std::ranges::any_of(names, [&](std::string_view other) { return http::EqualsIgnoreCase(other, name); });
}

bool SameField(Fields a, Fields b, std::string_view name) { return FindField(a, name) == FindField(b, name); }

}  // namespace

std::vector<HeaderField> ConditionalRequestFields(Fields request, Fields stored) {
  std::vector<HeaderField> fields;
  fields.reserve(request.size() + 2);
  for (const HeaderField& field : request) {
    if (!IsOneOf(field.name, kConditions)) fields.push_back(field);
  }
  if (const auto etag = FindField(stored, "etag")) fields.push_back({"If-None-Match", *etag});
  if (const auto modified = FindField(stored, "last-modified")) fields.push_back({"If-Modified-Since", *modified});
  return fields;
}

bool NotModifiedSelects(Fields not_modified, Fields stored) {
  if (const auto etag = FindField(not_modified, "etag")) {
    const auto ours = FindField(stored, "etag");
    if (!ours) return false;
    return etag->starts_with("W/") ? WeakEquals(*etag, *ours) : StrongEquals(*etag, *ours);
  }
  const auto modified = FindField(not_modified, "last-modified");
  const auto ours = FindField(stored, "last-modified");

  // A 304 that says nothing else is about the one response whose validator was sent.
  return !modified || !ours || *modified == *ours;
}

std::vector<HeaderField> UpdatedFields(Fields stored, Fields update) {
  std::vector<HeaderField> news;
  // Nothing but the rules of 3.1 that do not depend on Workers' ways decides what an update brings.
  Rules rules;
  for (const HeaderField& field : StoredFields(update, rules)) {
    if (!IsOneOf(field.name, kOfTheBody)) news.push_back(field);
  }
  std::vector<HeaderField> fields;
  fields.reserve(stored.size() + news.size());
  for (const HeaderField& field : stored) {
    const bool replaced = std::ranges::any_of(
        news, [&](const HeaderField& other) { return http::EqualsIgnoreCase(other.name, field.name); });
    if (!replaced) fields.push_back(field);
  }
  fields.insert(fields.end(), news.begin(), news.end());
  return fields;
}

HeadEffect EffectOfHead(const ResponseView& head, Fields stored, uint64_t stored_size) {
  if (head.status == 404 || head.status == 410) return HeadEffect::kInvalidate;
  if (head.status != 200) return HeadEffect::kNone;
  if (!SameField(head.fields, stored, "etag") || !SameField(head.fields, stored, "last-modified")) {
    return HeadEffect::kInvalidate;
  }
  if (const auto length = FindField(head.fields, "content-length")) {
    uint64_t size = 0;
    const auto result = std::from_chars(length->data(), length->data() + length->size(), size);
    if (result.ec != std::errc() || size != stored_size) return HeadEffect::kInvalidate;
  }
  return HeadEffect::kUpdate;
}

}  // namespace verge::cache
