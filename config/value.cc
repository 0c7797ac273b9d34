#include "config/value.h"

#include <charconv>
#include <cmath>
#include <format>

namespace verge::config {
namespace {

bool AppendJson(const Value& value, std::string* out) {
  switch (value.kind) {
    case Value::Kind::kNull:
      *out += "null";
      return true;
    case Value::Kind::kBoolean:
      *out += value.boolean ? "true" : "false";
      return true;
    case Value::Kind::kNumber:
      if (value.text.find_first_of("ni") != std::string::npos) return false;
      *out += value.text;
      return true;
    case Value::Kind::kString:
    case Value::Kind::kDate:
      *out += JsonString(value.text);
      return true;
    case Value::Kind::kArray: {
      *out += '[';
      bool first = true;
      for (const Value& item : value.items) {
        if (!first) *out += ',';
        first = false;
        if (!AppendJson(item, out)) return false;
      }
      *out += ']';
      return true;
    }
    case Value::Kind::kTable: {
      *out += '{';
      bool first = true;
      for (const Member& member : value.members) {
        if (!first) *out += ',';
        first = false;
        *out += JsonString(member.name);
        *out += ':';
        if (!AppendJson(member.value, out)) return false;
      }
      *out += '}';
      return true;
    }
  }
  return false;
}

}  // namespace

const Member* Value::FindMember(std::string_view name) const {
  for (const Member& member : members) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

const Value* Value::Find(std::string_view name) const {
  const Member* member = FindMember(name);
  return member == nullptr ? nullptr : &member->value;
}

std::optional<int64_t> Value::AsInteger() const {
  if (kind != Kind::kNumber) return std::nullopt;
  const char* end = text.data() + text.size();
  int64_t integer = 0;
  if (auto [rest, error] = std::from_chars(text.data(), end, integer); error == std::errc() && rest == end) {
    return integer;
  }
  double number = 0;
  if (auto [rest, error] = std::from_chars(text.data(), end, number); error != std::errc() || rest != end) {
    return std::nullopt;
  }
  // Up to 2^53 a double is exact, which is as far as anybody gets who writes an integer as 1e6.
  if (!(std::abs(number) <= 9007199254740992.0) || std::trunc(number) != number) return std::nullopt;
  return static_cast<int64_t>(number);
}

std::string Value::Describe() const {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBoolean:
      return boolean ? "true" : "false";
    case Kind::kNumber:
      return "the number " + (text.size() > 40 ? text.substr(0, 40) + "…" : text);
    case Kind::kString:
      return "the string " + Quoted(text);
    case Kind::kDate:
      return "the date " + text + " without quotes";
    case Kind::kArray:
      return "an array";
    case Kind::kTable:
      return "a table";
  }
  return "something else";
}

std::optional<std::string> Value::ToJson() const {
  std::string out;
  if (!AppendJson(*this, &out)) return std::nullopt;
  return out;
}

std::string JsonString(std::string_view text) {
  std::string out = "\"";
  out.reserve(text.size() + 2);
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += std::format("\\u{:04x}", static_cast<unsigned char>(c));
        } else {
          out += c;
        }
    }
  }
  out += '"';
  return out;
}

}  // namespace verge::config
