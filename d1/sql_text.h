// SQL as text: where statements begin and end, without a database. What a statement may do is decided when SQLite
// compiles it (authorizer.h); nothing here is a safeguard.
#ifndef D1_SQL_TEXT_H_
#define D1_SQL_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace verge::d1 {

// The length of the first statement of `sql` including its semicolon, or of all when it is the only one. Semicolons in
// strings, quoted names, comments and between CREATE TRIGGER … BEGIN and its END do not count; a `CASE … END` in there
// does not end the trigger. `*complete` (may be null): whether a semicolon ends it.
size_t StatementLength(std::string_view sql, bool* complete = nullptr);

// Only white space, comments and semicolons.
bool IsBlank(std::string_view sql);

// The statements of a text, without what is blank.
std::vector<std::string_view> SplitStatements(std::string_view sql);

// What exec() runs one after the other: whole lines, as many as it takes to complete the statements on them. So a text
// with a statement on each line gives a piece for each, as D1 has it, and a statement may go over several lines.
struct ExecPiece {
  std::string_view text;  // without the newline at its end
  size_t line = 0;        // of its beginning, from 1
};
std::vector<ExecPiece> SplitLines(std::string_view sql);

// The first word that is not in a comment, in upper case: "SELECT". At most 16 characters of it.
std::string FirstWord(std::string_view sql);

// Whether a statement that begins like this may be one that only reads: a hint where to compile it first.
bool LooksLikeRead(std::string_view sql);

// "name" with quotes doubled, for generated SQL.
std::string QuoteName(std::string_view name);
// 'text'.
std::string QuoteText(std::string_view text);

}  // namespace verge::d1

#endif  // D1_SQL_TEXT_H_
