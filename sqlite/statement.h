// Prepared statements, and the cache of them that each connection has.
#ifndef SQLITE_STATEMENT_H_
#define SQLITE_STATEMENT_H_

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "sqlite/error.h"

namespace verge::sqlite {

class Database;
class StatementCache;

// One prepared statement in use. Goes back to its connection's cache when destroyed (reset, nothing bound), or is
// finalized when it never came from there. Must not outlive its Database; on the thread that uses the connection.
//
//   Statement insert = …;
//   auto done = insert.Bind(1, key).Bind(2, now).Run();
class Statement {
 public:
  Statement() = default;
  Statement(Statement&& other) noexcept { *this = std::move(other); }
  Statement& operator=(Statement&& other) noexcept {
    std::swap(stmt_, other.stmt_);
    std::swap(entry_, other.entry_);
    std::swap(bind_error_, other.bind_error_);
    return *this;
  }
  ~Statement() { Release(); }

  explicit operator bool() const { return stmt_ != nullptr; }

  // --- Parameters, from 1. What fails is told by the next Step. Text and blobs are not copied: they have to live until
  // Reset, the next Bind of that parameter, or the end. Text must be UTF-8.
  Statement& Bind(int index, int64_t value) { return Check(sqlite3_bind_int64(stmt_, index, value)); }
  Statement& Bind(int index, int value) { return Bind(index, static_cast<int64_t>(value)); }
  Statement& Bind(int index, double value) { return Check(sqlite3_bind_double(stmt_, index, value)); }
  Statement& Bind(int index, std::string_view text) {
    return Check(
        sqlite3_bind_text64(stmt_, index, text.data() ? text.data() : "", text.size(), SQLITE_STATIC, SQLITE_UTF8));
  }
  Statement& Bind(int index, const char* text) { return Bind(index, std::string_view(text)); }
  Statement& BindBlob(int index, std::span<const uint8_t> bytes) {
    return Check(sqlite3_bind_blob64(stmt_, index, bytes.data() ? bytes.data() : reinterpret_cast<const uint8_t*>(""),
                                     bytes.size(), SQLITE_STATIC));
  }
  Statement& BindBlob(int index, std::string_view bytes) {
    return BindBlob(index, std::span(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()));
  }
  Statement& BindNull(int index) { return Check(sqlite3_bind_null(stmt_, index)); }

  // True: there is a row. After false or an error the statement is reset already.
  Result<bool> Step();
  // For statements whose rows are of no interest: steps to the end.
  Result<> Run();
  // Ends a read before its last row. What is bound stays bound.
  void Reset() { sqlite3_reset(stmt_); }

  // --- Columns of the row, from 0. Views are valid until the next Step or Reset, or a conversion of that column.
  [[nodiscard]] int columns() const { return sqlite3_column_count(stmt_); }
  [[nodiscard]] int Type(int column) const { return sqlite3_column_type(stmt_, column); }  // SQLITE_INTEGER, …
  [[nodiscard]] bool IsNull(int column) const { return Type(column) == SQLITE_NULL; }
  [[nodiscard]] int64_t Int(int column) const { return sqlite3_column_int64(stmt_, column); }
  [[nodiscard]] double Double(int column) const { return sqlite3_column_double(stmt_, column); }
  [[nodiscard]] std::string_view Text(int column) const;
  [[nodiscard]] std::string_view Blob(int column) const;

  // For what is not wrapped here.
  [[nodiscard]] sqlite3_stmt* raw() const { return stmt_; }

 private:
  friend class Database;
  friend class StatementCache;
  struct Entry;

  Statement& Check(int code) {
    if (code != SQLITE_OK && bind_error_ == SQLITE_OK) bind_error_ = code;
    return *this;
  }
  void Release();

  sqlite3_stmt* stmt_ = nullptr;
  Entry* entry_ = nullptr;  // in the cache; null: this statement is its only owner
  int bind_error_ = SQLITE_OK;
};

// A statement in the cache: also while it is lent.
struct Statement::Entry {
  StatementCache* cache = nullptr;
  std::string sql;
  sqlite3_stmt* stmt = nullptr;
  bool lent = false;
};

// The least recently used goes first. A text that is in use already (a query within a query) is prepared once more.
class StatementCache {
 public:
  explicit StatementCache(size_t capacity) : capacity_(capacity) {}
  ~StatementCache() { Clear(); }
  StatementCache(const StatementCache&) = delete;
  StatementCache& operator=(const StatementCache&) = delete;

  // Finalizes all. None may be lent.
  void Clear();
  [[nodiscard]] size_t size() const { return index_.size(); }

 private:
  friend class Database;
  friend class Statement;

  // The statement of that text, if it is there and idle.
  Statement Take(std::string_view sql);
  // Keeps a statement that was just prepared, and lends it.
  Statement Keep(std::string_view sql, sqlite3_stmt* stmt);

  const size_t capacity_;
  std::list<Statement::Entry> entries_;  // most recently used first
  std::unordered_map<std::string_view, std::list<Statement::Entry>::iterator> index_;
};

}  // namespace verge::sqlite

#endif  // SQLITE_STATEMENT_H_
