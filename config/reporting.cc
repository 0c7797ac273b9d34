#include "config/reporting.h"

#include <algorithm>
#include <format>
#include <utility>

#include "config/suggest.h"

namespace verge::config {

void Reporting::Error(Position at, std::string message) const {
  errors->push_back({context.file, at.line, at.column, std::move(message)});
}

void Reporting::Warn(Position at, std::string message) const {
  warnings->push_back({context.file, at.line, at.column, std::move(message)});
}

void Reporting::WrongType(const Value& value, std::string_view path, std::string_view right) const {
  Error(value.at, std::format("{} must be {}; found {}", Quoted(path), right, value.Describe()));
}

std::string Reporting::Example(std::string_view key, std::string_view value) const {
  return context.syntax == Syntax::kToml ? std::format("{} = {}", key, value) : std::format("\"{}\": {}", key, value);
}

void Reporting::UnknownMembers(const Value& table, std::string_view path,
                               std::span<const std::string_view> known) const {
  size_t reported = 0;
  for (const Member& member : table.members) {
    if (std::ranges::find(known, member.name) != known.end()) continue;
    Warn(member.at, std::format("unknown key {}{}", Quoted(std::string(path) + "." + member.name),
                                DidYouMean(member.name, known)));
    if (++reported > kMaxReported) break;
  }
}

void Reporting::UnknownMembersOfItem(const Value& item, std::string_view path,
                                     std::span<const std::string_view> known) const {
  for (const Member& member : item.members) {
    if (std::ranges::find(known, member.name) != known.end()) continue;
    Warn(member.at, std::format("unknown key {}{}", Quoted(std::string(path) + "." + member.name),
                                DidYouMean(member.name, known)));
    if (warnings->size() > 4 * kMaxReported) break;
  }
}

const std::string* Reporting::Text(const Value& table, std::string_view path, std::string_view name) const {
  const Member* found = table.FindMember(name);
  if (!found) return nullptr;
  const Value& value = found->value;
  if (!value.Is(Value::Kind::kString) || value.text.empty() || value.text.find('\0') != std::string::npos) {
    WrongType(value, std::string(path) + "." + std::string(name), "a string that is not empty");
    return nullptr;
  }
  return &value.text;
}

bool Reporting::Full() const { return errors->size() > kMaxReported; }

}  // namespace verge::config
