#include "cache/vary.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "http/field_syntax.h"

namespace verge::cache {

namespace {

// Fields whose elements' order and case mean nothing (RFC 9110, 12.5.1 to 12.5.4).
constexpr std::array<std::string_view, 4> kPreferences = {"accept", "accept-charset", "accept-encoding",
                                                          "accept-language"};

bool IsPreference(std::string_view name) {
  return std::ranges::any_of(kPreferences, [&](std::string_view other) { return http::EqualsIgnoreCase(other, name); });
}

// The elements of a list without the white space that means nothing. What is in quotes stays as it is, commas included.
std::vector<std::string> Elements(std::string_view list, bool preference) {
  std::vector<std::string> elements(1);
  bool quoted = false;
  bool escaped = false;
  std::string blanks;  // seen, but not known yet whether something follows
  for (const char c : list) {
    std::string& element = elements.back();
    if (quoted) {
      element.push_back(c);
      if (escaped) {
        escaped = false;
      } else if (c == '\\') {
        escaped = true;
      } else if (c == '"') {
        quoted = false;
      }
    } else if (c == ',') {
      blanks.clear();
      elements.emplace_back();
    } else if (http::IsBlank(c)) {
      if (!element.empty()) blanks.push_back(c);
    } else {
      // Between a preference and its weight there may be blanks (RFC 9110, 12.4.2).
      if (!preference || (c != ';' && element.back() != ';')) element += blanks;
      blanks.clear();
      quoted = c == '"';
      element.push_back(preference ? http::ToLower(c) : c);
    }
  }
  return elements;
}

// The weight behind an element of a preference field, in thousandths; it is cut off.
int TakeWeight(std::string& element) {
  const size_t parameters = element.find(';');
  if (parameters == std::string::npos) return 1000;
  const std::string_view weight = std::string_view(element).substr(parameters);
  int value = 1000;
  if (weight.starts_with(";q=") && weight.size() > 3 && http::IsDigit(weight[3])) {
    value = (weight[3] - '0') * 1000;
    int unit = 100;
    for (size_t i = 5; i < weight.size() && weight[4] == '.' && http::IsDigit(weight[i]); ++i, unit /= 10) {
      value += (weight[i] - '0') * unit;
    }
  }
  element.resize(parameters);
  return value;
}

// Whether this Accept-Language likes `language` better than all else it names.
bool Prefers(std::string_view accept_language, std::string_view language) {
  int best_other = 0;
  int weight = -1;
  for (std::string& element : Elements(accept_language, true)) {
    if (element.empty()) continue;
    const int value = TakeWeight(element);
    if (element == language) {
      weight = std::max(weight, value);
    } else {
      best_other = std::max(best_other, value);
    }
  }
  return weight > best_other;
}

bool FieldMatches(const VaryKey::Field& field, std::string_view language, Fields request) {
  const HeaderField* first = nullptr;
  bool several = false;
  for (const HeaderField& candidate : request) {
    if (!http::EqualsIgnoreCase(candidate.name, field.name)) continue;
    several |= first != nullptr;
    if (!first) first = &candidate;
  }
  if (!first) return !field.present;
  if (field.present && !several && first->value == field.raw) return true;
  const std::string joined = several ? *JoinFields(request, field.name) : std::string(first->value);
  if (field.present && NormaliseFieldValue(field.name, joined) == field.value) return true;
  return !language.empty() && field.name == "accept-language" && Prefers(joined, language);
}

}  // namespace

bool VaryKey::Matches(Fields request) const {
  if (any) return false;
  return std::ranges::all_of(fields, [&](const Field& field) { return FieldMatches(field, language, request); });
}

VaryKey MakeVaryKey(Fields request, Fields response) {
  VaryKey key;
  for (const HeaderField& field : response) {
    if (!http::EqualsIgnoreCase(field.name, "vary")) continue;
    std::string_view list = field.value;
    while (!list.empty()) {
      const std::string_view element = http::NextListElement(list);
      if (element.empty()) continue;
      if (element == "*") {
        key.any = true;
        key.fields.clear();
        return key;
      }
      VaryKey::Field selecting;
      selecting.name = element;
      std::ranges::transform(selecting.name, selecting.name.begin(), http::ToLower);
      key.fields.push_back(std::move(selecting));
    }
  }
  std::ranges::sort(key.fields, {}, &VaryKey::Field::name);
  const auto repeated = std::ranges::unique(key.fields, {}, &VaryKey::Field::name);
  key.fields.erase(repeated.begin(), repeated.end());

  for (VaryKey::Field& field : key.fields) {
    if (const auto joined = JoinFields(request, field.name)) {
      field.present = true;
      field.raw = *joined;
      field.value = NormaliseFieldValue(field.name, *joined);
    }
    if (field.name == "accept-language") {
      // RFC 9111, 4.1: normalised "in a way that is known to have identical semantics": the best language is what
      // counts.
      const std::string_view language = FindField(response, "content-language").value_or("");
      if (language.find(',') == std::string_view::npos) key.language = http::TrimBlanks(language);
      std::ranges::transform(key.language, key.language.begin(), http::ToLower);
    }
  }
  return key;
}

std::string NormaliseFieldValue(std::string_view name, std::string_view joined) {
  const bool preference = IsPreference(name);
  std::vector<std::string> elements = Elements(joined, preference);
  if (preference) {
    std::erase_if(elements, [](const std::string& element) { return element.empty(); });
    std::ranges::sort(elements);
  }
  std::string value;
  for (const std::string& element : elements) {
    if (&element != elements.data()) value.push_back(',');
    value += element;
  }
  return value;
}

}  // namespace verge::cache
