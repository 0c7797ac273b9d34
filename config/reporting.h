// How the checks of a configuration tell what is wrong.
#ifndef CONFIG_REPORTING_H_
#define CONFIG_REPORTING_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/checker.h"
#include "config/problem.h"
#include "config/value.h"

namespace verge::config {

// Enough to see what is the matter with a file.
inline constexpr size_t kMaxReported = 50;

// Where problems go, and how the file writes things.
struct Reporting {
  const CheckContext& context;
  std::vector<Problem>* errors;
  std::vector<Problem>* warnings;

  void Error(Position at, std::string message) const;
  void Warn(Position at, std::string message) const;
  // "'path' must be …; found …".
  void WrongType(const Value& value, std::string_view path, std::string_view right) const;
  // A key with a value in the syntax of the file.
  [[nodiscard]] std::string Example(std::string_view key, std::string_view value) const;
  void UnknownMembers(const Value& table, std::string_view path, std::span<const std::string_view> known) const;
  // The same for one of many tables in an array: what all of them together may say is bounded.
  void UnknownMembersOfItem(const Value& item, std::string_view path, std::span<const std::string_view> known) const;
  // A member that has to be a string when it is there. Null: absent, or wrong, which is told.
  const std::string* Text(const Value& table, std::string_view path, std::string_view name) const;

  // Whether nobody would read any more.
  [[nodiscard]] bool Full() const;
};

}  // namespace verge::config

#endif  // CONFIG_REPORTING_H_
