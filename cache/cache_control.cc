#include "cache/cache_control.h"

#include <algorithm>
#include <cstdint>

#include "cache/directive_scanner.h"
#include "cache/structured_dictionary.h"
#include "http/field_syntax.h"

namespace verge::cache {

namespace {

// Of two deltas the smaller; one that is no number is zero.
void Restrict(std::optional<Seconds>& delta, std::optional<Seconds> value) {
  const Seconds seconds = value.value_or(Seconds(0));
  delta = delta ? std::min(*delta, seconds) : seconds;
}

std::optional<Seconds> DeltaOf(const DirectiveScanner& directive) {
  if (directive.malformed() || !directive.value()) return std::nullopt;
  return ParseDeltaSeconds(*directive.value());
}

// The names in no-cache="a, b", in lower case. Empty: there are none, and the directive is about the whole response.
std::vector<std::string> FieldNames(std::string_view list) {
  std::vector<std::string> names;
  while (!list.empty()) {
    const std::string_view element = http::NextListElement(list);
    if (!http::IsToken(element)) continue;
    std::string& name = names.emplace_back(element);
    std::ranges::transform(name, name.begin(), http::ToLower);
  }
  return names;
}

// no-cache and private, with or without field names. Once without, always without.
void Qualify(std::vector<std::string> names, bool& unqualified, std::vector<std::string>& fields) {
  if (names.empty()) unqualified = true;
  std::ranges::move(names, std::back_inserter(fields));
}

bool SetFlag(ResponseDirectives& directives, std::string_view name) {
  if (name == "no-store") {
    directives.no_store = true;
  } else if (name == "public") {
    directives.is_public = true;
  } else if (name == "must-revalidate") {
    directives.must_revalidate = true;
  } else if (name == "proxy-revalidate") {
    directives.proxy_revalidate = true;
  } else if (name == "must-understand") {
    directives.must_understand = true;
  } else if (name == "no-transform") {
    directives.no_transform = true;
  } else if (name == "immutable") {
    directives.immutable = true;
  } else {
    return false;
  }
  return true;
}

std::optional<Seconds>* DeltaField(ResponseDirectives& directives, std::string_view name) {
  if (name == "max-age") return &directives.max_age;
  if (name == "s-maxage") return &directives.s_maxage;
  if (name == "stale-while-revalidate") return &directives.stale_while_revalidate;
  if (name == "stale-if-error") return &directives.stale_if_error;
  return nullptr;
}

void ParseResponseLine(std::string_view line, ResponseDirectives& directives) {
  DirectiveScanner directive(line);
  while (directive.Next()) {
    const std::string& name = directive.name();
    if (std::optional<Seconds>* delta = DeltaField(directives, name)) {
      Restrict(*delta, DeltaOf(directive));
    } else if (name == "no-cache") {
      Qualify(FieldNames(directive.value().value_or("")), directives.no_cache, directives.no_cache_fields);
    } else if (name == "private") {
      Qualify(FieldNames(directive.value().value_or("")), directives.is_private, directives.private_fields);
    } else {
      SetFlag(directives, name);
    }
  }
}

// RFC 9213, 2.1: a dictionary whose members' types are those of the directives. nullopt: not valid, or empty.
std::optional<ResponseDirectives> ParseDictionary(std::string_view text) {
  const auto members = ParseStructuredDictionary(text);
  if (!members || members->empty()) return std::nullopt;
  ResponseDirectives directives;
  directives.present = true;
  for (const DictionaryMember& member : *members) {
    if (std::optional<Seconds>* delta = DeltaField(directives, member.key)) {
      // Another type than Integer makes the field worthless: what it was to say cannot be known.
      if (member.type != DictionaryMember::Type::kInteger) return std::nullopt;
      *delta = std::clamp(Seconds(member.integer), Seconds(0), kMaxDelta);
    } else if (member.key == "no-cache" || member.key == "private") {
      const bool no_cache = member.key == "no-cache";
      if (member.type == DictionaryMember::Type::kBoolean) {
        if (member.boolean) (no_cache ? directives.no_cache : directives.is_private) = true;
      } else if (member.type == DictionaryMember::Type::kString) {
        Qualify(FieldNames(member.text), no_cache ? directives.no_cache : directives.is_private,
                no_cache ? directives.no_cache_fields : directives.private_fields);
      } else {
        return std::nullopt;
      }
    } else if (member.type == DictionaryMember::Type::kBoolean && member.boolean) {
      SetFlag(directives, member.key);
    }
  }
  return directives;
}

}  // namespace

std::optional<Seconds> ParseDeltaSeconds(std::string_view text) {
  if (text.empty()) return std::nullopt;
  int64_t value = 0;
  for (const char c : text) {
    if (!http::IsDigit(c)) return std::nullopt;
    value = std::min(value * 10 + (c - '0'), kMaxDelta.count());
  }
  return Seconds(value);
}

ResponseDirectives ParseResponseDirectives(Fields fields) {
  ResponseDirectives directives;
  for (const HeaderField& field : fields) {
    if (!http::EqualsIgnoreCase(field.name, "cache-control")) continue;
    directives.present = true;
    ParseResponseLine(field.value, directives);
  }
  return directives;
}

ResponseDirectives ParseTargetedDirectives(Fields fields, std::span<const std::string_view> names,
                                           std::string_view* targeted) {
  for (const std::string_view name : names) {
    const std::optional<std::string> joined = JoinFields(fields, name);
    if (!joined) continue;
    if (auto directives = ParseDictionary(*joined)) {
      if (targeted) *targeted = name;
      return *std::move(directives);
    }
  }
  if (targeted) *targeted = {};
  return ParseResponseDirectives(fields);
}

RequestDirectives ParseRequestDirectives(Fields fields) {
  RequestDirectives directives;
  bool present = false;
  bool pragma = false;
  for (const HeaderField& field : fields) {
    const bool is_pragma = http::EqualsIgnoreCase(field.name, "pragma");
    if (!is_pragma && !http::EqualsIgnoreCase(field.name, "cache-control")) continue;
    DirectiveScanner directive(field.value);
    while (directive.Next()) {
      const std::string& name = directive.name();
      if (is_pragma) {
        pragma |= name == "no-cache";
        continue;
      }
      present = true;
      if (name == "max-age") {
        Restrict(directives.max_age, DeltaOf(directive));
      } else if (name == "max-stale") {
        // 5.2.1.2: without a value, any staleness; with one that is no number, none.
        Restrict(directives.max_stale,
                 !directive.value() && !directive.malformed() ? std::optional(kMaxDelta) : DeltaOf(directive));
      } else if (name == "min-fresh") {
        // The larger is the more restrictive; one that is no number asks for nothing.
        const std::optional<Seconds> delta = DeltaOf(directive);
        if (delta) directives.min_fresh = std::max(directives.min_fresh.value_or(Seconds(0)), *delta);
      } else if (name == "stale-if-error") {
        Restrict(directives.stale_if_error, DeltaOf(directive));
      } else if (name == "no-cache") {
        directives.no_cache = true;
      } else if (name == "no-store") {
        directives.no_store = true;
      } else if (name == "only-if-cached") {
        directives.only_if_cached = true;
      } else if (name == "no-transform") {
        directives.no_transform = true;
      }
    }
  }
  if (pragma && !present) directives.no_cache = true;
  return directives;
}

}  // namespace verge::cache
