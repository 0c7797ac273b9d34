#include "d1/connection.h"

#include <algorithm>
#include <utility>

#include "d1/authorizer.h"
#include "d1/error_text.h"
#include "d1/sql_text.h"
#include "sqlite/thread_pool.h"

namespace verge::d1 {
namespace {

// What a run in place may take: about a tenth of a millisecond.
constexpr int kInlineChecks = 4;
// Up to here a statement counts as light: instructions of its program, the last time.
constexpr int kLightSteps = 2000;
constexpr uint8_t kMaxStrikes = 3;

// Of a connection.
constexpr size_t kMaxCached = 128;
constexpr size_t kMaxCachedBytes = 512 << 10;

constexpr int kOwnError = -100;

constexpr std::string_view kTransactionText =
    "To execute a transaction, please use the D1 batch() API instead of the SQL BEGIN TRANSACTION or SAVEPOINT "
    "statements. It rolls back by itself when one of its statements fails.";

sqlite::Error Own(std::string_view message) { return {kOwnError, std::string(message)}; }

template <typename F>
class AtEnd {
 public:
  explicit AtEnd(F f) : f_(std::move(f)) {}
  ~AtEnd() { f_(); }
  AtEnd(const AtEnd&) = delete;
  AtEnd& operator=(const AtEnd&) = delete;

 private:
  F f_;
};

int Bind(sqlite3_stmt* stmt, int index, const Value& value) {
  struct Visitor {
    int operator()(std::monostate) const { return sqlite3_bind_null(stmt, index); }
    int operator()(double number) const { return sqlite3_bind_double(stmt, index, number); }
    int operator()(const std::string& text) const {
      return sqlite3_bind_text64(stmt, index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
    }
    int operator()(const Blob& blob) const {
      return sqlite3_bind_blob64(stmt, index, blob.bytes.data(), blob.bytes.size(), SQLITE_STATIC);
    }
    sqlite3_stmt* stmt;
    int index;
  };
  return std::visit(Visitor{stmt, index}, value);
}

}  // namespace

Budget Budget::ForPool(int64_t cpu_ns, std::chrono::milliseconds time, const std::atomic<bool>* cancelled) {
  Budget budget;
  budget.cancelled_ = cancelled;
  if (cpu_ns < INT64_MAX / 2) budget.cpu_end_ns_ = sqlite::ThreadCpuNs() + cpu_ns;
  budget.end_ = std::chrono::steady_clock::now() + time;
  return budget;
}

Budget Budget::ForInline() {
  Budget budget;
  budget.inline_checks_ = kInlineChecks;
  return budget;
}

bool Budget::Check() {
  if (inline_checks_ > 0) {
    if (--inline_checks_ > 0) return false;
    inline_checks_ = 1;
    stop_ = Stop::kInline;
    return true;
  }
  if (cancelled_ && cancelled_->load(std::memory_order_relaxed)) {
    stop_ = Stop::kCancelled;
  } else if (++checks_ % 8 == 0 && cpu_end_ns_ != INT64_MAX && sqlite::ThreadCpuNs() >= cpu_end_ns_) {
    stop_ = Stop::kCpu;
  } else if (std::chrono::steady_clock::now() >= end_) {
    stop_ = Stop::kTime;
  }
  return stop_ != Stop::kNone;
}

bool Connection::IsFatal(const sqlite::Error& error) {
  switch (error.primary()) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
      return true;
    default:
      return false;
  }
}

sqlite::Result<> Connection::Harden(sqlite::Database& database, Role role, const Limits& limits) {
  std::unique_ptr<Connection> connection(new Connection(database, role, limits));
  auto done = connection->Configure();
  if (done) database.Attach(std::move(connection));
  return done;
}

// https://www.sqlite.org/security.html; what every database of ours has (no trusted schema, the defensive mode) is set
// by sqlite::Database.
sqlite::Result<> Connection::Configure() {
  sqlite3_limit(db_, SQLITE_LIMIT_LENGTH, limits_.value_bytes);
  sqlite3_limit(db_, SQLITE_LIMIT_SQL_LENGTH, limits_.sql_bytes);
  sqlite3_limit(db_, SQLITE_LIMIT_COLUMN, limits_.columns);
  sqlite3_limit(db_, SQLITE_LIMIT_VARIABLE_NUMBER, limits_.parameters);
  sqlite3_limit(db_, SQLITE_LIMIT_FUNCTION_ARG, limits_.function_arguments);
  sqlite3_limit(db_, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, limits_.pattern_bytes);
  sqlite3_limit(db_, SQLITE_LIMIT_EXPR_DEPTH, limits_.expression_depth);
  sqlite3_limit(db_, SQLITE_LIMIT_COMPOUND_SELECT, limits_.compound_selects);
  sqlite3_limit(db_, SQLITE_LIMIT_TRIGGER_DEPTH, limits_.trigger_depth);
  sqlite3_limit(db_, SQLITE_LIMIT_VDBE_OP, limits_.program_ops);
  sqlite3_limit(db_, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(db_, SQLITE_LIMIT_WORKER_THREADS, 0);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_ENABLE_FKEY, 1, nullptr);
  // As in D1, whose users' schemas have "text" in double quotes.
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DQS_DML, 1, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DQS_DDL, 1, nullptr);
  sqlite3_set_authorizer(db_, &Connection::Authorize, this);
  sqlite3_progress_handler(db_, Budget::kOpsPerCheck, &Connection::Progress, this);
  auto page_size = database_.PrepareUncached("PRAGMA page_size");
  if (!page_size) return std::unexpected(std::move(page_size).error());
  auto row = page_size->Step();
  if (!row) return std::unexpected(std::move(row).error());
  if (*row) page_size_ = page_size->Int(0);
  return {};
}

int Connection::Authorize(void* self, int code, const char* a, const char* b, const char* database,
                          const char* trigger) {
  auto* connection = static_cast<Connection*>(self);
  if (!connection->budget_) return SQLITE_OK;
  if (code == SQLITE_TRANSACTION || code == SQLITE_SAVEPOINT) connection->transaction_refused_ = true;
  return IsAllowed({code, a, b, database, trigger}, &connection->effects_) ? SQLITE_OK : SQLITE_DENY;
}

int Connection::Progress(void* self) {
  auto* connection = static_cast<Connection*>(self);
  return connection->budget_ && connection->budget_->Check() ? 1 : 0;
}

Connection::Prepared* Connection::Find(std::string_view sql) {
  const auto found = index_.find(sql);
  if (found == index_.end()) return nullptr;
  if (found->second != cache_.begin()) cache_.splice(cache_.begin(), cache_, found->second);
  return cache_.front().get();
}

sqlite::Result<std::unique_ptr<Connection::Prepared>> Connection::Prepare(std::string_view sql,
                                                                          std::string_view* rest) {
  effects_ = 0;
  transaction_refused_ = false;
  auto statement = database_.PrepareUncached(sql, rest);
  if (!statement) {
    if (transaction_refused_ && statement.error().primary() == SQLITE_AUTH) {
      return std::unexpected(Own(kTransactionText));
    }
    return std::unexpected(std::move(statement).error());
  }
  auto prepared = std::make_unique<Prepared>();
  prepared->statement = *std::move(statement);
  if (prepared->statement) {
    sqlite3_stmt* stmt = prepared->statement.raw();
    prepared->read_only = sqlite3_stmt_readonly(stmt) != 0;
    prepared->effects = effects_;
    prepared->columns = Columns::Of(stmt);
    prepared->reprepared = sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_REPREPARE, 0);
  }
  return prepared;
}

Connection::Prepared* Connection::Keep(std::unique_ptr<Prepared> prepared) {
  const size_t bytes = prepared->sql.size();
  while (!cache_.empty() && (cache_.size() >= kMaxCached || cached_bytes_ + bytes > kMaxCachedBytes)) {
    cached_bytes_ -= cache_.back()->sql.size();
    index_.erase(cache_.back()->sql);
    cache_.pop_back();
  }
  cache_.push_front(std::move(prepared));
  index_.emplace(cache_.front()->sql, cache_.begin());
  cached_bytes_ += bytes;
  return cache_.front().get();
}

sqlite::Result<> Connection::RunStatement(Prepared* prepared, std::span<const Value> params, size_t* result_left,
                                          ResultSet* result) {
  sqlite3_stmt* stmt = prepared->statement.raw();
  if (sqlite3_bind_parameter_count(stmt) != static_cast<int>(params.size())) {
    return std::unexpected(Own(kWrongBindings));
  }
  // The parameters are the query's own memory: nothing of them may stay bound.
  AtEnd clear([&] {
    sqlite3_reset(stmt);
    if (!params.empty()) sqlite3_clear_bindings(stmt);
  });
  for (size_t i = 0; i < params.size(); ++i) {
    if (int code = Bind(stmt, static_cast<int>(i) + 1, params[i]); code != SQLITE_OK) {
      return std::unexpected(sqlite::ErrorOf(db_, code));
    }
  }
  result->rows.Clear();
  int code = sqlite3_step(stmt);
  // The schema may have changed since it was compiled.
  if (int count = sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_REPREPARE, 0); count != prepared->reprepared) {
    prepared->reprepared = count;
    if (!prepared->columns->Match(stmt)) prepared->columns = Columns::Of(stmt);
  }
  result->columns = prepared->columns;
  const int columns = static_cast<int>(prepared->columns->names.size());
  while (code == SQLITE_ROW) {
    result->rows.Append(stmt, columns);
    if (result->rows.size() > *result_left) {
      return std::unexpected(sqlite::Error{
          SQLITE_TOOBIG,
          "the result is larger than " + std::to_string(limits_.result_bytes >> 20) + " MiB; select less at a time"});
    }
    code = sqlite3_step(stmt);
  }
  if (code != SQLITE_DONE) return std::unexpected(sqlite::ErrorOf(db_, code));
  *result_left -= result->rows.size();
  const int scanned = sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);
  // A scan of n rows steps n - 1 times.
  result->meta.rows_read += std::max<int64_t>(scanned > 0 ? scanned + 1 : 0, static_cast<int64_t>(result->rows.rows()));
  return {};
}

int64_t Connection::Size() {
  Budget* budget = std::exchange(budget_, nullptr);
  AtEnd restore([&] { budget_ = budget; });
  auto ask = [this](sqlite::Statement* statement, const char* sql) -> int64_t {
    if (!*statement) {
      auto prepared = database_.PrepareUncached(sql);
      if (!prepared) return 0;
      *statement = *std::move(prepared);
    }
    auto row = statement->Step();
    int64_t value = row && *row ? statement->Int(0) : 0;
    statement->Reset();
    return value;
  };
  return (ask(&page_count_, "PRAGMA page_count") - ask(&freelist_count_, "PRAGMA freelist_count")) * page_size_;
}

Connection::Outcome Connection::Run(const Query& query, Budget* budget, bool want_size, size_t* result_left,
                                    ResultSet* result) {
  const auto start = std::chrono::steady_clock::now();
  const int64_t changes = sqlite3_total_changes64(db_);
  const int64_t row_id = sqlite3_last_insert_rowid(db_);
  const bool writer = role_ == Role::kWriter;
  const int64_t size = writer && want_size ? Size() : 0;
  result->meta = {};
  bool started = false;
  budget_ = budget;
  AtEnd end([this] { budget_ = nullptr; });
  auto fail = [&](sqlite::Error error) {
    if (error.primary() == SQLITE_INTERRUPT && budget->stop() == Budget::Stop::kTime) error = Own(kTimeout);
    return Outcome{Ran::kFailed, std::move(error), started};
  };

  Prepared* prepared = Find(query.sql);
  std::unique_ptr<Prepared> own;
  std::string_view rest = query.sql;
  for (;;) {
    bool last = true;
    if (!prepared) {
      const std::string_view text = rest;
      auto fresh = Prepare(text, &rest);
      if (!fresh) return fail(std::move(fresh).error());
      if (!(*fresh)->statement) {
        // Behind a statement blanks were looked for already.
        return fail(Own(kNoStatements));
      }
      last = IsBlank(rest);
      own = *std::move(fresh);
      const bool whole = last && text.size() == query.sql.size();
      if (whole) {
        own->sql = query.sql;
        prepared = Keep(std::move(own));
      } else {
        prepared = own.get();
      }
    }
    if (!writer && (!prepared->read_only || (prepared->effects & kSetsFlag) || !last)) return {Ran::kNeedsWriter, {}};
    if (prepared->effects & kSetsFlag) flags_set_ = true;
    auto done = RunStatement(prepared, last ? std::span<const Value>(query.params) : std::span<const Value>(),
                             result_left, result);
    if (!done) return fail(std::move(done).error());
    started = true;
    if (last) break;
    prepared = nullptr;
  }
  const bool light = sqlite3_stmt_status(prepared->statement.raw(), SQLITE_STMTSTATUS_VM_STEP, 1) <= kLightSteps;
  prepared->light = light && !own && prepared->strikes < kMaxStrikes && prepared->read_only && prepared->effects == 0;

  Meta& meta = result->meta;
  meta.changes = sqlite3_total_changes64(db_) - changes;
  meta.rows_written = meta.changes;
  meta.last_row_id = sqlite3_last_insert_rowid(db_);
  if (want_size) meta.size_after = Size();
  meta.changed_db =
      writer && (meta.changes != 0 || meta.last_row_id != row_id || (want_size && meta.size_after != size));
  meta.duration_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  return {};
}

Connection::Outcome Connection::RunInline(const Query& query, ResultSet* result) {
  const auto found = index_.find(query.sql);
  if (found == index_.end() || !(*found->second)->light) return {Ran::kNotInline, {}};
  Prepared* prepared = Find(query.sql);
  Budget budget = Budget::ForInline();
  budget_ = &budget;
  AtEnd end([this] { budget_ = nullptr; });
  result->meta = {};
  size_t left = limits_.result_bytes;
  auto done = RunStatement(prepared, query.params, &left, result);
  if (!done) {
    if (budget.stop() == Budget::Stop::kInline) {
      ++prepared->strikes;
      prepared->light = false;
      return {Ran::kNotInline, {}};
    }
    return {Ran::kFailed, std::move(done).error()};
  }
  // Compiled anew, it may have become something else: the next run is on the pool.
  sqlite3_stmt* stmt = prepared->statement.raw();
  if (!sqlite3_stmt_readonly(stmt)) prepared->light = false;
  result->meta.last_row_id = sqlite3_last_insert_rowid(db_);
  return {};
}

void Connection::ResetFlags() {
  if (!flags_set_) return;
  flags_set_ = false;
  (void)database_.Execute(
      "PRAGMA defer_foreign_keys=0; PRAGMA foreign_keys=1; PRAGMA case_sensitive_like=0;"
      "PRAGMA ignore_check_constraints=0; PRAGMA legacy_alter_table=0; PRAGMA recursive_triggers=0;"
      "PRAGMA reverse_unordered_selects=0");
}

}  // namespace verge::d1
