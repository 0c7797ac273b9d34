// What can go wrong with a database: SQLite's codes, and a few of our own beside them.
#ifndef SQLITE_ERROR_H_
#define SQLITE_ERROR_H_

#include <sqlite3.h>

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace verge::sqlite {

// Codes that SQLite does not have; its own are positive.
enum OwnCode : int {
  kMissing = -1,     // there is no such file, and it was not to be created
  kForeign = -2,     // the file is something else: another program's database, or none at all
  kNewer = -3,       // a later version of verge wrote it
  kOverloaded = -4,  // a queue is full
  kClosed = -5,      // the service is shutting down
  kSystem = -6,      // a call to the system failed; the message has its words
};

struct Error {
  int code = SQLITE_ERROR;  // SQLite's extended result code, or an OwnCode
  std::string message;      // for people; names the file where the file is the matter
  int offset = -1;          // where in the SQL text, in bytes, when SQLite knows

  // The result code without its extension: SQLITE_CONSTRAINT of SQLITE_CONSTRAINT_UNIQUE.
  [[nodiscard]] int primary() const { return code < 0 ? code : code & 0xff; }
  // "SQLITE_CONSTRAINT"; "VERGE_…" for our own.
  [[nodiscard]] std::string_view name() const;

  // Another connection holds a lock.
  [[nodiscard]] bool busy() const { return primary() == SQLITE_BUSY || primary() == SQLITE_LOCKED; }
  // No room on the disk.
  [[nodiscard]] bool full() const { return primary() == SQLITE_FULL; }
};

template <typename T = void>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> Fail(int code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

// kSystem with errno's words: "cannot create the folder X: Permission denied". SQLITE_FULL when errno is ENOSPC.
std::unexpected<Error> FailSystem(std::string_view what, int error_number);

}  // namespace verge::sqlite

#endif  // SQLITE_ERROR_H_
