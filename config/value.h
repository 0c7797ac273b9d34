// A configuration file as a tree of values, each of which knows where it stands. Both readers (TOML, JSON with
// comments) produce it, so that everything behind them is written once and every complaint names a line.
#ifndef CONFIG_VALUE_H_
#define CONFIG_VALUE_H_

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/problem.h"

namespace verge::config {

// Bounds on what is read at all. Real files are a few kilobytes and a few levels deep; these keep hostile ones
// harmless.
inline constexpr size_t kMaxFileBytes = 1 << 20;
inline constexpr int kMaxDepth = 64;
inline constexpr size_t kMaxValues = 100'000;

struct Member;

struct Value {
  enum class Kind : uint8_t { kNull, kBoolean, kNumber, kString, kDate, kArray, kTable };

  Kind kind = Kind::kNull;
  Position at;
  bool boolean = false;
  std::string text;          // kString: the string; kNumber, kDate: as written in JSON (TOML has "nan" and "inf", too)
  std::vector<Value> items;  // kArray
  std::vector<Member> members;  // kTable: in the order of the file, names unique

  [[nodiscard]] bool Is(Kind k) const { return kind == k; }

  // The member with that name, or null. Linear: for the few keys that are looked up by name.
  [[nodiscard]] const Value* Find(std::string_view name) const;
  [[nodiscard]] const Member* FindMember(std::string_view name) const;

  // A number without a fraction that fits, however it is spelt (50, 50.0, 5e1).
  [[nodiscard]] std::optional<int64_t> AsInteger() const;

  // "the string 'x'", "an array": what stands here, for "…; found …".
  [[nodiscard]] std::string Describe() const;

  // As compact JSON; dates become strings. Nothing when JSON cannot say it (nan, inf).
  [[nodiscard]] std::optional<std::string> ToJson() const;
};

struct Member {
  std::string name;
  Position at;
  Value value;
};

// `text` as a JSON string literal with its quotes.
std::string JsonString(std::string_view text);

// A parsed file: the root is a table.
struct Document {
  Value root;
  std::vector<Problem> warnings;
};

// TOML 1.0. `file` is how problems name it. A file that describes many workers can have more values than one of one.
std::expected<Document, Problem> ReadToml(std::string_view text, const std::string& file,
                                          size_t max_values = kMaxValues);

// JSON with // and /* */ comments and trailing commas. Also for files that tools make, which can have more values.
std::expected<Document, Problem> ReadJsonc(std::string_view text, const std::string& file,
                                           size_t max_values = kMaxValues);

}  // namespace verge::config

#endif  // CONFIG_VALUE_H_
