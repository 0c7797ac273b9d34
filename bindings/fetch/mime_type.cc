#include "bindings/fetch/mime_type.h"

#include <algorithm>
#include <set>

#include "http/field_syntax.h"

namespace verge::bindings {
namespace {

// Parameters beyond this many are found with a set: a header may hold tens of thousands.
constexpr size_t kFewParameters = 8;

bool IsHttpWhitespace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool IsToken(std::string_view text) { return !text.empty() && std::ranges::all_of(text, http::IsTokenChar); }

// "HTTP quoted-string token code points"
bool IsQuotedStringText(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = http::ToLower(c);
  return lower;
}

std::string_view TrimLeft(std::string_view text) {
  while (!text.empty() && IsHttpWhitespace(text.front())) text.remove_prefix(1);
  return text;
}
std::string_view TrimRight(std::string_view text) {
  while (!text.empty() && IsHttpWhitespace(text.back())) text.remove_suffix(1);
  return text;
}

// "Collect an HTTP quoted string": `*position` is at the opening quotation mark and ends behind the string. Gives the
// value without quotation marks and escapes.
std::string CollectQuotedString(std::string_view input, size_t* position) {
  std::string value;
  size_t i = *position + 1;
  while (i < input.size()) {
    char c = input[i++];
    if (c == '"') break;
    if (c == '\\') {
      if (i == input.size()) {
        value += '\\';
        break;
      }
      c = input[i++];
    }
    value += c;
  }
  *position = i;
  return value;
}

// "Get, decode, and split": commas inside quoted strings do not separate. Calls `each` with every element.
template <typename F>
void SplitHeader(std::string_view header, F each) {
  size_t begin = 0;
  size_t i = 0;
  for (;;) {
    i = std::min(header.find_first_of("\",", i), header.size());
    if (i < header.size() && header[i] == '"') {
      CollectQuotedString(header, &i);
      if (i < header.size()) continue;
    }
    each(http::TrimBlanks(header.substr(begin, i - begin)));
    if (i >= header.size()) return;
    begin = ++i;
  }
}

}  // namespace

const std::string* MimeType::Parameter(std::string_view name) const {
  auto found = std::ranges::find(parameters, name, &std::pair<std::string, std::string>::first);
  return found == parameters.end() ? nullptr : &found->second;
}

void MimeType::SetParameter(std::string_view name, std::string value) {
  auto found = std::ranges::find(parameters, name, &std::pair<std::string, std::string>::first);
  if (found == parameters.end()) {
    parameters.emplace_back(name, std::move(value));
  } else {
    found->second = std::move(value);
  }
}

std::string MimeType::Serialize() const {
  std::string text = Essence();
  for (const auto& [name, value] : parameters) {
    text.append(1, ';').append(name).append(1, '=');
    if (IsToken(value)) {
      text += value;
      continue;
    }
    text += '"';
    for (char c : value) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += '"';
  }
  return text;
}

std::optional<MimeType> ParseMimeType(std::string_view input) {
  input = TrimRight(TrimLeft(input));
  size_t slash = input.find('/');
  if (slash == std::string_view::npos || !IsToken(input.substr(0, slash))) return std::nullopt;
  size_t position = std::min(input.find(';', slash), input.size());
  std::string_view subtype = TrimRight(input.substr(slash + 1, position - slash - 1));
  if (!IsToken(subtype)) return std::nullopt;
  MimeType result{.type = Lower(input.substr(0, slash)), .subtype = Lower(subtype), .parameters = {}};

  std::set<std::string> names;
  while (position < input.size()) {
    ++position;  // the semicolon
    while (position < input.size() && IsHttpWhitespace(input[position])) ++position;
    size_t end = std::min(input.find_first_of(";=", position), input.size());
    std::string name = Lower(input.substr(position, end - position));
    position = end;
    if (position == input.size()) break;
    if (input[position] == ';') continue;
    ++position;  // the equals sign
    if (position == input.size()) break;
    std::string value;
    if (input[position] == '"') {
      value = CollectQuotedString(input, &position);
      position = std::min(input.find(';', position), input.size());
    } else {
      end = std::min(input.find(';', position), input.size());
      value = TrimRight(input.substr(position, end - position));
      position = end;
      if (value.empty()) continue;
    }
    if (!IsToken(name) || !IsQuotedStringText(value)) continue;
    // The first of equal names counts.
    if (result.parameters.size() < kFewParameters) {
      if (result.Parameter(name)) continue;
    } else {
      if (names.empty()) {
        for (const auto& parameter : result.parameters) names.insert(parameter.first);
      }
      if (!names.insert(name).second) continue;
    }
    result.parameters.emplace_back(std::move(name), std::move(value));
  }
  return result;
}

std::optional<MimeType> ExtractMimeType(std::string_view header) {
  std::optional<std::string> charset;
  std::string essence;
  std::optional<MimeType> result;
  SplitHeader(header, [&](std::string_view value) {
    std::optional<MimeType> parsed = ParseMimeType(value);
    if (!parsed || parsed->Is("*", "*")) return;
    result = std::move(parsed);
    const std::string* own = result->Parameter("charset");
    std::string new_essence = result->Essence();
    if (new_essence != essence) {
      charset = own ? std::optional(*own) : std::nullopt;
      essence = std::move(new_essence);
    } else if (!own && charset) {
      result->SetParameter("charset", *charset);
    }
  });
  return result;
}

}  // namespace verge::bindings
