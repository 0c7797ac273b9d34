// A connection to a D1 database: SQLite with the rules and limits that untrusted SQL has to keep.
#ifndef D1_CONNECTION_H_
#define D1_CONNECTION_H_

#include <sqlite3.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "d1/limits.h"
#include "d1/rows.h"
#include "d1/value.h"
#include "sqlite/database.h"
#include "sqlite/error.h"
#include "sqlite/statement.h"

namespace verge::d1 {

// What `meta` tells of a query.
struct Meta {
  double duration_ms = 0;
  int64_t changes = 0;
  int64_t last_row_id = 0;
  bool changed_db = false;
  int64_t size_after = 0;
  int64_t rows_read = 0;
  int64_t rows_written = 0;
};

struct ResultSet {
  std::shared_ptr<const Columns> columns;
  RowBuffer rows;
  Meta meta;
};

// What a run may use, and why it had to end. The same one for all queries of a batch.
class Budget {
 public:
  enum class Stop : uint8_t { kNone, kCancelled, kCpu, kTime, kInline };

  // On the thread that will run the query. `cpu_ns`: of this thread, from now on; `cancelled` may be null.
  static Budget ForPool(int64_t cpu_ns, std::chrono::milliseconds time, const std::atomic<bool>* cancelled);
  // In place, on a shard's thread: a few thousand instructions.
  static Budget ForInline();

  [[nodiscard]] Stop stop() const { return stop_; }

  // Called every kOpsPerCheck instructions; true: it is used up.
  bool Check();
  static constexpr int kOpsPerCheck = 1000;

 private:
  const std::atomic<bool>* cancelled_ = nullptr;
  int64_t cpu_end_ns_ = INT64_MAX;
  std::chrono::steady_clock::time_point end_ = std::chrono::steady_clock::time_point::max();
  int inline_checks_ = 0;  // 0: not in place
  uint32_t checks_ = 0;
  Stop stop_ = Stop::kNone;
};

// Attached to its sqlite::Database, with which it lives and dies. On the thread that uses that.
class Connection final : public sqlite::Database::Attachment {
 public:
  enum class Role : uint8_t {
    kReader,  // PRAGMA query_only
    kWriter,
  };
  // Attaches one to a database that was just opened: rules and limits hold from now on. `limits` must outlive it.
  static sqlite::Result<> Harden(sqlite::Database& database, Role role, const Limits& limits);
  static Connection& Of(sqlite::Database& database) { return static_cast<Connection&>(*database.attachment()); }

  // How a query went.
  enum class Ran : uint8_t {
    kDone,
    kNeedsWriter,  // a reader's only: it changes something, or is more than one statement; nothing was done
    kNotInline,    // RunInline's only: not known, not light, or it took too long; nothing was done
    kFailed,
  };
  struct Outcome {
    Ran ran = Ran::kDone;
    sqlite::Error error;   // when it failed
    bool started = false;  // a statement was run before it failed
  };

  // What last_insert_rowid() is on a reader: the connection's that wrote last.
  [[nodiscard]] sqlite3* raw() const { return db_; }
  void SetLastRowId(int64_t id) { sqlite3_set_last_insert_rowid(db_, id); }

  // Runs all statements of the query; the result is the last one's. What parameters there are belong to the last
  // statement too. The rows of `result` may grow by `*result_left` bytes, which is reduced. `want_size`: fill
  // meta.size_after.
  Outcome Run(const Query& query, Budget* budget, bool want_size, size_t* result_left, ResultSet* result);

  // The same for a single statement that only reads, that was compiled on this connection before and was found to be
  // light: a look-up by key is over sooner than a thread of the pool wakes up.
  Outcome RunInline(const Query& query, ResultSet* result);

  // What statements did to the connection's own settings is undone, so that the next to use it finds them as they were.
  void ResetFlags();

  // After errors like these the connection is of no use any more.
  static bool IsFatal(const sqlite::Error& error);

 private:
  struct Prepared {
    std::string sql;
    sqlite::Statement statement;
    std::shared_ptr<const Columns> columns;
    int reprepared = 0;  // as SQLITE_STMTSTATUS_REPREPARE had it when the columns were read
    bool read_only = false;
    uint8_t effects = 0;  // Effect
    bool light = false;   // it took little when it last ran on the pool
    uint8_t strikes = 0;  // how often it took too long in place
  };
  using Cache = std::list<std::unique_ptr<Prepared>>;

  Connection(sqlite::Database& database, Role role, const Limits& limits)
      : database_(database), db_(database.raw()), role_(role), limits_(limits) {}
  sqlite::Result<> Configure();
  static int Authorize(void* self, int code, const char* a, const char* b, const char* database, const char* trigger);
  static int Progress(void* self);

  // From the cache, or null.
  Prepared* Find(std::string_view sql);
  // Compiles the first statement of `sql`. `*rest` gets what follows; empty statement: only comments.
  sqlite::Result<std::unique_ptr<Prepared>> Prepare(std::string_view sql, std::string_view* rest);
  Prepared* Keep(std::unique_ptr<Prepared> prepared);

  sqlite::Result<> RunStatement(Prepared* prepared, std::span<const Value> params, size_t* result_left,
                                ResultSet* result);
  int64_t Size();

  sqlite::Database& database_;
  sqlite3* const db_;
  const Role role_;
  const Limits& limits_;
  Budget* budget_ = nullptr;          // of the run under way; null: what is compiled and run is our own
  uint8_t effects_ = 0;               // what the statement that is being compiled was found to do
  bool transaction_refused_ = false;  // … it was a BEGIN, COMMIT, SAVEPOINT …
  bool flags_set_ = false;
  sqlite::Statement page_count_;
  sqlite::Statement freelist_count_;
  int64_t page_size_ = 4096;
  Cache cache_;  // most recently used first
  std::unordered_map<std::string_view, Cache::iterator> index_;
  size_t cached_bytes_ = 0;
};

}  // namespace verge::d1

#endif  // D1_CONNECTION_H_
