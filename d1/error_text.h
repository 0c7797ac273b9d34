// Errors as users of D1 know them: "UNIQUE constraint failed: t.id: SQLITE_CONSTRAINT (extended: …)". Without the
// prefix D1_ERROR, which the binding adds.
#ifndef D1_ERROR_TEXT_H_
#define D1_ERROR_TEXT_H_

#include <string>
#include <string_view>

#include "sqlite/error.h"

namespace verge::d1 {

// "SQLITE_CONSTRAINT_UNIQUE"; "" for codes that are not extended, or not known.
std::string_view ExtendedName(int code);

// `message[ at offset N]: SQLITE_NAME[ (extended: SQLITE_NAME_MORE)]`.
std::string ErrorText(const sqlite::Error& error);

inline constexpr std::string_view kNoStatements = "No SQL statements detected.";
inline constexpr std::string_view kWrongBindings = "Wrong number of parameter bindings for SQL query.";
inline constexpr std::string_view kTimeout =
    "D1 DB storage operation exceeded timeout which caused object to be reset.";
inline constexpr std::string_view kOverloaded = "D1 DB is overloaded. Too many requests queued.";

}  // namespace verge::d1

#endif  // D1_ERROR_TEXT_H_
