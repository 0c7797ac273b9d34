// A connection to an SQLite database, and how files are opened, recognised and brought up to date.
//
// Of every file verge has to know that it is its own before a byte of it changes. So a database carries its kind
// (`application_id`) and its schema's version (`user_version`). A new one is made in full beside its place and then
// linked there: a file that has its name is complete. The kind is read from the file itself before SQLite does anything
// to it that could write (recovery of a log, a checkpoint), and what is foreign, damaged or newer is an Error that
// names the path.
#ifndef SQLITE_DATABASE_H_
#define SQLITE_DATABASE_H_

#include <sqlite3.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "sqlite/error.h"
#include "sqlite/statement.h"

namespace verge::sqlite {

enum class OpenMode : uint8_t {
  kRead,    // statements that write are refused (PRAGMA query_only)
  kWrite,   // of a file that is there
  kCreate,  // or made now
};

struct OpenOptions {
  OpenMode mode = OpenMode::kCreate;
  // Write-ahead log with synchronous=FULL: what is committed survives a power cut. False: synchronous=NORMAL, which
  // keeps the file sound and may lose the last transactions (data that is only a cache).
  bool durable = true;
  // How long to wait for other processes' (and connections') locks.
  std::chrono::milliseconds busy_timeout{20'000};
  // Kind of file; 0: whatever it is, without a check.
  uint32_t application_id = 0;
  // What the kind is called in messages: "a KV namespace".
  std::string_view kind = "a database";
  // The schema: SQL that leads from version i to i + 1, each run once, in order, in one transaction.
  std::span<const char* const> migrations = {};
  size_t page_size = 4096;        // of new files
  size_t cache_bytes = 2 << 20;   // pages in memory
  size_t map_bytes = 0;           // of the file to map into memory for reading
  int checkpoint_pages = 1000;    // of the log, before a commit copies it into the file
  size_t cached_statements = 64;  // Prepare's
  const char* vfs = nullptr;      // for tests
};

// One connection. Used by one thread at a time, whichever (it is opened without a mutex).
class Database {
 public:
  // The folder of `path` has to be there.
  static Result<std::unique_ptr<Database>> Open(const std::string& path, const OpenOptions& options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // From the cache of statements or prepared now. `sql` is one statement; an Error when anything stands behind it, or
  // when it is empty.
  Result<Statement> Prepare(std::string_view sql);
  // For a statement that its owner keeps. `*tail` (may be null) gets the rest of the text, otherwise there must be
  // none. A statement that is only a comment comes back empty.
  Result<Statement> PrepareUncached(std::string_view sql, std::string_view* tail = nullptr);
  // Any number of statements without parameters; rows are dropped.
  Result<> Execute(const char* sql);

  [[nodiscard]] const std::string& path() const { return path_; }
  // Whether no transaction is open. Some errors (SQLITE_FULL, SQLITE_IOERR, SQLITE_NOMEM, SQLITE_INTERRUPT of a
  // write) roll back the whole transaction on their own.
  [[nodiscard]] bool autocommit() const { return sqlite3_get_autocommit(db_) != 0; }
  [[nodiscard]] int64_t changes() const { return sqlite3_changes64(db_); }
  [[nodiscard]] int64_t last_insert_rowid() const { return sqlite3_last_insert_rowid(db_); }
  // Foreign keys that are violated as long as the transaction is open, and would make its commit fail.
  [[nodiscard]] bool has_deferred_violations() const;

  // The thread-safe way to end what runs on this connection at the moment: it fails with SQLITE_INTERRUPT.
  void Interrupt() { sqlite3_interrupt(db_); }

  // For what is not wrapped here (limits, authorizers, progress handlers, status).
  [[nodiscard]] sqlite3* raw() const { return db_; }

 private:
  Database(sqlite3* db, std::string path, size_t cached_statements)
      : db_(db), path_(std::move(path)), statements_(cached_statements) {}

  static Result<std::unique_ptr<Database>> Connect(const std::string& path, const OpenOptions& options, int flags);
  static Result<> Create(const std::string& path, const OpenOptions& options);
  Result<> CheckKind(const OpenOptions& options);
  Result<> Configure(const OpenOptions& options);
  Result<> Migrate(const OpenOptions& options);
  Result<int64_t> Ask(const char* sql);

  sqlite3* db_;
  const std::string path_;
  StatementCache statements_;
};

// The error that `db` has just reported.
Error ErrorOf(sqlite3* db, int code);

// A transaction that is rolled back unless it was committed.
class Transaction {
 public:
  // BEGIN IMMEDIATE: waits for other writers now, not in the middle.
  static Result<Transaction> BeginWrite(Database& database);
  // BEGIN: one view of the database for several reads.
  static Result<Transaction> BeginRead(Database& database);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction() { Rollback(); }

  Result<> Commit();
  void Rollback();

 private:
  explicit Transaction(Database* database) : database_(database) {}
  Database* database_;
};

// A part of a transaction that can be undone by itself. Undone unless it was released.
class Savepoint {
 public:
  static Result<Savepoint> Begin(Database& database);
  Savepoint(Savepoint&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Savepoint& operator=(Savepoint&&) = delete;
  ~Savepoint() { Undo(); }

  Result<> Release();
  void Undo();

 private:
  explicit Savepoint(Database* database) : database_(database) {}
  Database* database_;
};

}  // namespace verge::sqlite

#endif  // SQLITE_DATABASE_H_
