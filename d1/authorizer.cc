#include "d1/authorizer.h"

#include <sqlite3.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace verge::d1 {
namespace {

using std::string_view_literals::operator""sv;

// Names are compared as SQLite does, without regard to case.
bool Same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

template <size_t N>
constexpr bool IsSorted(const std::array<std::string_view, N>& names) {
  return std::ranges::is_sorted(names);
}

// Functions that a program may call, in order. Those of SQLite that tell of the library or of the machine, and those
// that load or inspect (load_extension, fts3_tokenizer, sqlite_offset …), are not among them.
constexpr auto kFunctions = std::to_array<std::string_view>({
    "->"sv,
    "->>"sv,
    "abs"sv,
    "acos"sv,
    "acosh"sv,
    "asin"sv,
    "asinh"sv,
    "atan"sv,
    "atan2"sv,
    "atanh"sv,
    "avg"sv,
    "bm25"sv,
    "ceil"sv,
    "ceiling"sv,
    "changes"sv,
    "char"sv,
    "coalesce"sv,
    "concat"sv,
    "concat_ws"sv,
    "cos"sv,
    "cosh"sv,
    "count"sv,
    "cume_dist"sv,
    "current_date"sv,
    "current_time"sv,
    "current_timestamp"sv,
    "date"sv,
    "datetime"sv,
    "degrees"sv,
    "dense_rank"sv,
    "exp"sv,
    "first_value"sv,
    "floor"sv,
    "format"sv,
    "glob"sv,
    "group_concat"sv,
    "hex"sv,
    "highlight"sv,
    "if"sv,
    "ifnull"sv,
    "iif"sv,
    "instr"sv,
    "json"sv,
    "json_array"sv,
    "json_array_length"sv,
    "json_each"sv,
    "json_error_position"sv,
    "json_extract"sv,
    "json_group_array"sv,
    "json_group_object"sv,
    "json_insert"sv,
    "json_object"sv,
    "json_patch"sv,
    "json_pretty"sv,
    "json_quote"sv,
    "json_remove"sv,
    "json_replace"sv,
    "json_set"sv,
    "json_tree"sv,
    "json_type"sv,
    "json_valid"sv,
    "jsonb"sv,
    "jsonb_array"sv,
    "jsonb_extract"sv,
    "jsonb_group_array"sv,
    "jsonb_group_object"sv,
    "jsonb_insert"sv,
    "jsonb_object"sv,
    "jsonb_patch"sv,
    "jsonb_remove"sv,
    "jsonb_replace"sv,
    "jsonb_set"sv,
    "julianday"sv,
    "lag"sv,
    "last_insert_rowid"sv,
    "last_value"sv,
    "lead"sv,
    "length"sv,
    "like"sv,
    "likelihood"sv,
    "likely"sv,
    "ln"sv,
    "log"sv,
    "log10"sv,
    "log2"sv,
    "lower"sv,
    "ltrim"sv,
    "match"sv,
    "max"sv,
    "min"sv,
    "mod"sv,
    "nth_value"sv,
    "ntile"sv,
    "nullif"sv,
    "octet_length"sv,
    "percent_rank"sv,
    "pi"sv,
    "pow"sv,
    "power"sv,
    "printf"sv,
    "quote"sv,
    "radians"sv,
    "random"sv,
    "randomblob"sv,
    "rank"sv,
    "replace"sv,
    "round"sv,
    "row_number"sv,
    "rtreecheck"sv,
    "rtrim"sv,
    "sign"sv,
    "sin"sv,
    "sinh"sv,
    "snippet"sv,
    "soundex"sv,
    "sqlite_drop_column"sv,      // what ALTER TABLE compiles into
    "sqlite_rename_column"sv,    // …
    "sqlite_rename_quotefix"sv,  // …
    "sqlite_rename_table"sv,     // …
    "sqlite_rename_test"sv,      // …
    "sqrt"sv,
    "strftime"sv,
    "string_agg"sv,
    "substr"sv,
    "substring"sv,
    "sum"sv,
    "tan"sv,
    "tanh"sv,
    "time"sv,
    "timediff"sv,
    "total"sv,
    "total_changes"sv,
    "trim"sv,
    "trunc"sv,
    "typeof"sv,
    "unhex"sv,
    "unicode"sv,
    "unixepoch"sv,
    "unlikely"sv,
    "upper"sv,
    "zeroblob"sv,
});
static_assert(IsSorted(kFunctions));

// Functions of which a call takes no longer than its arguments are long.
constexpr auto kLightFunctions = std::to_array<std::string_view>({
    "abs"sv,
    "avg"sv,
    "changes"sv,
    "coalesce"sv,
    "count"sv,
    "date"sv,
    "datetime"sv,
    "if"sv,
    "ifnull"sv,
    "iif"sv,
    "last_insert_rowid"sv,
    "length"sv,
    "lower"sv,
    "max"sv,
    "min"sv,
    "nullif"sv,
    "round"sv,
    "substr"sv,
    "sum"sv,
    "total"sv,
    "trim"sv,
    "typeof"sv,
    "unixepoch"sv,
    "upper"sv,
});
static_assert(IsSorted(kLightFunctions));

template <size_t N>
bool Contains(const std::array<std::string_view, N>& names, std::string_view name) {
  // Longer than any of them, or with upper case: SQLite hands functions' names on as they were registered.
  return std::ranges::binary_search(names, name);
}

enum class Argument : uint8_t {
  kNone,            // none may be given
  kFlag,            // a boolean; without one the setting is read
  kObject,          // a table's or an index's name
  kOptionalObject,  // … or nothing
  kNumber,          // a number or nothing
  kObjectOrNumber,  // any of these
};

struct Pragma {
  std::string_view name;
  Argument argument;
};

constexpr Pragma kPragmas[] = {
    {"case_sensitive_like", Argument::kFlag},
    {"data_version", Argument::kNone},  // FTS5 asks for it
    {"defer_foreign_keys", Argument::kFlag},
    {"foreign_key_check", Argument::kOptionalObject},
    {"foreign_key_list", Argument::kObject},
    {"foreign_keys", Argument::kFlag},
    {"ignore_check_constraints", Argument::kFlag},
    {"index_info", Argument::kObject},
    {"index_list", Argument::kObject},
    {"index_xinfo", Argument::kObject},
    {"legacy_alter_table", Argument::kFlag},
    {"optimize", Argument::kNumber},
    {"page_size", Argument::kNone},  // R-Tree asks for it
    {"quick_check", Argument::kObjectOrNumber},
    {"recursive_triggers", Argument::kFlag},
    {"reverse_unordered_selects", Argument::kFlag},
    {"table_info", Argument::kObject},
    {"table_list", Argument::kOptionalObject},
    {"table_xinfo", Argument::kObject},
};

// Modules that show or change what lies below tables, or other connections' statements.
constexpr std::string_view kHiddenTables[] = {"sqlite_dbpage", "dbstat",         "sqlite_stmt",   "bytecode",
                                              "tables_used",   "sqlite_memstat", "sqlite_dbdata", "sqlite_dbptr"};

// Names that the platform keeps for itself.
bool IsAllowedName(const char* name) {
  if (!name) return false;
  if (strncasecmp(name, "_cf_", 4) == 0) return false;
  return std::ranges::none_of(kHiddenTables, [name](std::string_view hidden) { return Same(name, hidden); });
}

bool IsNumber(std::string_view text) {
  int64_t value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && rest == text.data() + text.size();
}

bool IsFlag(std::string_view text) {
  if (text.size() >= 2 && (text.front() == '\'' || text.front() == '"') && text.front() == text.back()) {
    text = text.substr(1, text.size() - 2);
  }
  static constexpr std::string_view kWords[] = {"0", "1", "on", "off", "true", "false", "yes", "no"};
  return std::ranges::any_of(kWords, [text](std::string_view word) { return Same(word, text); });
}

bool IsAllowedPragma(const char* name, const char* argument, uint8_t* effects) {
  if (!name) return false;
  *effects |= kHeavy;
  const auto* pragma = std::ranges::find_if(kPragmas, [name](const Pragma& each) { return Same(each.name, name); });
  if (pragma == std::end(kPragmas)) return false;
  switch (pragma->argument) {
    case Argument::kNone:
      return argument == nullptr;
    case Argument::kFlag:
      *effects |= kSetsFlag;
      return argument == nullptr || IsFlag(argument);
    case Argument::kObject:
      return IsAllowedName(argument);
    case Argument::kOptionalObject:
      return argument == nullptr || IsAllowedName(argument);
    case Argument::kNumber:
      *effects |= kSetsFlag;  // PRAGMA optimize writes
      return argument == nullptr || IsNumber(argument);
    case Argument::kObjectOrNumber:
      return argument == nullptr || IsNumber(argument) || IsAllowedName(argument);
  }
  return false;
}

bool IsAllowedModule(const char* module) {
  static constexpr std::string_view kModules[] = {"fts5", "fts5vocab", "rtree", "rtree_i32"};
  return module && std::ranges::any_of(kModules, [module](std::string_view each) { return Same(each, module); });
}

}  // namespace

bool IsAllowed(const Action& action, uint8_t* effects) {
  const char* database = action.database;
  const char* first = action.first;
  // ALTER TABLE has the database's name first.
  if (action.code == SQLITE_ALTER_TABLE) {
    database = action.first;
    first = action.second;
  }
  if (database && !Same(database, "main")) {
    // There is no other database, but SQLite reads the (empty) schema of the temporary one in places.
    return Same(database, "temp") && (action.code == SQLITE_READ || action.code == SQLITE_UPDATE) &&
           IsAllowedName(first);
  }
  switch (action.code) {
    case SQLITE_SELECT:
      return true;
    case SQLITE_RECURSIVE:
    case SQLITE_ANALYZE:
      *effects |= kHeavy;
      return true;
    case SQLITE_READ:
      // Rows that do not come from a table: json_each, pragma_table_info …
      if (first && (strncasecmp(first, "json", 4) == 0 || strncasecmp(first, "pragma_", 7) == 0)) *effects |= kHeavy;
      return IsAllowedName(first);
    case SQLITE_UPDATE:
    case SQLITE_INSERT:
    case SQLITE_DELETE:
    case SQLITE_CREATE_TABLE:
    case SQLITE_DROP_TABLE:
    case SQLITE_CREATE_VIEW:
    case SQLITE_DROP_VIEW:
    case SQLITE_REINDEX:
    case SQLITE_ALTER_TABLE:
      return IsAllowedName(first);
    case SQLITE_CREATE_INDEX:
    case SQLITE_DROP_INDEX:
    case SQLITE_CREATE_TRIGGER:
    case SQLITE_DROP_TRIGGER:
      return IsAllowedName(first) && IsAllowedName(action.second);
    case SQLITE_CREATE_VTABLE:
    case SQLITE_DROP_VTABLE:
      return IsAllowedName(first) && IsAllowedModule(action.second);
    case SQLITE_FUNCTION:
      if (!action.second) return false;
      if (!Contains(kLightFunctions, action.second)) *effects |= kHeavy;
      return Contains(kFunctions, action.second);
    case SQLITE_PRAGMA:
      return IsAllowedPragma(first, action.second, effects);
    default:
      // ATTACH, DETACH, transactions and savepoints by hand, everything temporary, and what is not known.
      return false;
  }
}

}  // namespace verge::d1
