#include "d1/database.h"

#include <algorithm>
#include <utility>

#include "d1/error_text.h"
#include "d1/sql_text.h"

namespace verge::d1 {
namespace {

using Clock = std::chrono::steady_clock;

// Of a database. More readers than threads are of no use.
constexpr size_t kMaxIdle = 4;
constexpr size_t kMaxReading = 10'000;

sqlite::OpenOptions Options(sqlite::OpenMode mode) {
  sqlite::OpenOptions options;
  options.mode = mode;
  options.kind = "a D1 database";
  // Any SQLite database can be one: they are imported, and may carry somebody's id.
  options.application_id = 0;
  options.cached_statements = 8;  // our own; users' are in Connection
  return options;
}

}  // namespace

class Database::ReadTask final : public sqlite::PoolTask {
 public:
  ReadTask(std::shared_ptr<Database> database, std::shared_ptr<Operation> operation)
      : database_(std::move(database)), operation_(std::move(operation)) {}
  void Run() override {
    database_->Read(operation_);
    delete this;
  }

 private:
  std::shared_ptr<Database> database_;
  std::shared_ptr<Operation> operation_;
};

class Database::Job final : public sqlite::WriteJob {
 public:
  Job(Database* database, std::shared_ptr<Operation> operation, size_t bytes)
      : WriteJob(bytes), database_(database), operation_(std::move(operation)) {}

  sqlite::Result<> Run(sqlite::Database& connection) override {
    // What an earlier run found is void, what it used is not.
    operation_->results.clear();
    operation_->failure.reset();
    if (operation_->cancelled_.load(std::memory_order_relaxed)) return sqlite::Fail(SQLITE_ABORT, "cancelled");
    std::optional<sqlite::Error> error;
    database_->RunAll(Connection::Of(connection), *operation_, &error);
    if (error) return std::unexpected(*std::move(error));
    return {};
  }

  void Done(sqlite::Result<> result) override {
    if (!result) {
      if (!operation_->failure) database_->Fail(*operation_, result.error(), 0, nullptr);
      operation_->results.clear();
    } else {
      database_->bookmarks_.Advance();
      if (!operation_->results.empty()) {
        const Meta& last = operation_->results.back().meta;
        database_->last_row_id_.store(last.last_row_id, std::memory_order_relaxed);
        if (operation_->want_size) database_->size_.store(last.size_after, std::memory_order_relaxed);
      }
    }
    operation_->bookmark = database_->bookmarks_.Current();
    operation_->OnDone();
  }

 private:
  Database* database_;
  std::shared_ptr<Operation> operation_;
};

Database::Database(const sqlite::StateDirectory& directory, std::string id, const Limits& limits,
                   sqlite::ThreadPool& readers, sqlite::ThreadPool& writers)
    : directory_(directory),
      id_(std::move(id)),
      path_(directory.DatabasePath("d1", id_)),
      limits_(limits),
      readers_(readers),
      connections_([this] { return OpenReader(); }, kMaxIdle),
      writer_(writers, [this] { return OpenWriter(); }) {}

Database::~Database() = default;

sqlite::Result<std::unique_ptr<sqlite::Database>> Database::OpenReader() const {
  auto connection = sqlite::Database::Open(path_, Options(sqlite::OpenMode::kRead));
  if (!connection) return connection;
  if (auto done = Connection::Harden(**connection, Connection::Role::kReader, limits_); !done) {
    return std::unexpected(std::move(done).error());
  }
  return connection;
}

sqlite::Result<std::unique_ptr<sqlite::Database>> Database::OpenWriter() const {
  if (auto created = directory_.Create("d1"); !created) return std::unexpected(std::move(created).error());
  auto connection = sqlite::Database::Open(path_, Options(sqlite::OpenMode::kCreate));
  if (!connection) return connection;
  // A file that came from elsewhere may have another kind of journal.
  auto done = (*connection)->Execute("PRAGMA journal_mode=WAL");
  if (done) done = Connection::Harden(**connection, Connection::Role::kWriter, limits_);
  if (!done) {
    sqlite::Error error = std::move(done).error();
    if (!error.message.starts_with(path_)) error.message = path_ + ": " + error.message;
    return std::unexpected(std::move(error));
  }
  return connection;
}

void Database::CloseIdle(Clock::time_point before) {
  connections_.Clear(before);
  const Clock::rep written = written_at_.load(std::memory_order_relaxed);
  if (written != 0 && written < before.time_since_epoch().count() && writer_.idle()) {
    written_at_.store(0, std::memory_order_relaxed);
    writer_.Flush();
  }
}

void Database::Fail(Operation& operation, const sqlite::Error& error, size_t query, const Budget* budget) {
  operation.failure = std::make_unique<Failure>(Failure{ErrorText(error), query});
  if (budget && budget->stop() == Budget::Stop::kCpu && error.primary() == SQLITE_INTERRUPT) {
    operation.failure->exceeded_cpu = true;
  }
}

std::optional<std::expected<void, Failure>> Database::TryInline(const Query& query, ResultSet* result) {
  auto lease = connections_.TryAcquire();
  if (!lease) return std::nullopt;
  Connection& connection = Connection::Of(**lease);
  connection.SetLastRowId(last_row_id_.load(std::memory_order_relaxed));
  Connection::Outcome outcome = connection.RunInline(query, result);
  if (outcome.ran == Connection::Ran::kFailed && Connection::IsFatal(outcome.error)) lease->Discard();
  switch (outcome.ran) {
    case Connection::Ran::kDone:
      result->meta.size_after = size();
      return std::expected<void, Failure>();
    case Connection::Ran::kFailed:
      // Another process has the file to itself for a moment: wait elsewhere.
      if (outcome.error.busy()) return std::nullopt;
      return std::unexpected(Failure{ErrorText(outcome.error)});
    case Connection::Ran::kNeedsWriter:
    case Connection::Ran::kNotInline:
      break;
  }
  return std::nullopt;
}

void Database::Start(std::shared_ptr<Operation> operation) {
  const bool reads = std::ranges::all_of(operation->queries, [](const Query& q) { return LooksLikeRead(q.sql); });
  if (!reads || operation->is_exec) {
    Write(std::move(operation));
    return;
  }
  if (reading_.fetch_add(1, std::memory_order_relaxed) >= kMaxReading) {
    reading_.fetch_sub(1, std::memory_order_relaxed);
    Fail(*operation, {sqlite::kOverloaded, ""}, 0, nullptr);
    operation->OnDone();
    return;
  }
  readers_.Post(new ReadTask(shared_from_this(), std::move(operation)));
}

void Database::Read(const std::shared_ptr<Operation>& operation) {
  std::optional<sqlite::Error> error;
  bool needs_writer = false;
  std::optional<sqlite::ConnectionPool::Lease> lease;
  if (!operation->cancelled_.load(std::memory_order_relaxed)) {
    auto acquired = connections_.Acquire();
    if (acquired) {
      lease.emplace(*std::move(acquired));
    } else if (acquired.error().code == sqlite::kMissing) {
      needs_writer = true;
    } else {
      error = std::move(acquired).error();
    }
  }
  if (lease) {
    Connection& connection = Connection::Of(**lease);
    connection.SetLastRowId(last_row_id_.load(std::memory_order_relaxed));
    // One view of the database for all queries of a batch.
    std::optional<sqlite::Transaction> transaction;
    if (operation->queries.size() > 1) {
      auto begun = sqlite::Transaction::BeginRead(**lease);
      if (begun) {
        transaction.emplace(*std::move(begun));
      } else {
        error = std::move(begun).error();
      }
    }
    if (!error) needs_writer = !RunAll(connection, *operation, &error);
    if (transaction) (void)transaction->Commit();
  }
  if (error && !operation->failure) Fail(*operation, *error, 0, nullptr);
  if (lease && error && Connection::IsFatal(*error)) lease->Discard();
  lease.reset();
  reading_.fetch_sub(1, std::memory_order_relaxed);
  if (needs_writer) {
    Write(operation);
    return;
  }
  if (operation->failure) operation->results.clear();
  if (!operation->results.empty() && operation->want_size) {
    size_.store(operation->results.back().meta.size_after, std::memory_order_relaxed);
  }
  operation->bookmark = bookmarks_.Current();
  operation->OnDone();
}

void Database::Write(std::shared_ptr<Operation> operation) {
  operation->results.clear();
  size_t bytes = 0;
  for (const Query& query : operation->queries) bytes += query.bytes();
  written_at_.store(Clock::now().time_since_epoch().count(), std::memory_order_relaxed);
  Operation& kept = *operation;
  auto job = std::make_unique<Job>(this, operation, bytes);
  if (auto submitted = writer_.Submit(std::move(job)); !submitted) {
    Fail(kept, submitted.error(), 0, nullptr);
    kept.OnDone();
  }
}

bool Database::RunAll(Connection& connection, Operation& operation, std::optional<sqlite::Error>* error) {
  const int64_t cpu_start = sqlite::ThreadCpuNs();
  Budget budget = Budget::ForPool(
      operation.cpu_ns == INT64_MAX ? INT64_MAX : std::max<int64_t>(operation.cpu_ns - operation.cpu_used_ns, 0),
      limits_.query_time, &operation.cancelled_);
  size_t left = limits_.result_bytes;
  bool here = true;
  connection.ResetFlags();
  operation.results.reserve(operation.queries.size());
  for (size_t i = 0; i < operation.queries.size() && here && !*error; ++i) {
    const Query& query = operation.queries[i];
    Connection::Outcome outcome =
        connection.Run(query, &budget, operation.want_size, &left, &operation.results.emplace_back());
    if (outcome.ran == Connection::Ran::kFailed && operation.is_exec && !outcome.started &&
        outcome.error.primary() == SQLITE_ERROR && query.sql.find('\n') != std::string::npos) {
      RunLines(connection, operation, query, i, &budget, &left, &outcome);
    }
    if (outcome.ran == Connection::Ran::kNeedsWriter) here = false;
    if (outcome.ran == Connection::Ran::kFailed) {
      if (!operation.failure) Fail(operation, outcome.error, i, &budget);
      *error = std::move(outcome.error);
    }
  }
  // Before the settings go back to what they are for others, as that would forget it.
  sqlite3* db = connection.raw();
  int violated = 0;
  int highest = 0;
  if (!*error && here && sqlite3_db_status(db, SQLITE_DBSTATUS_DEFERRED_FKS, &violated, &highest, 0) == SQLITE_OK &&
      violated != 0) {
    *error = sqlite::Error{SQLITE_CONSTRAINT_FOREIGNKEY, "FOREIGN KEY constraint failed"};
    Fail(operation, **error, operation.queries.size() - 1, nullptr);
  }
  if (!*error) connection.ResetFlags();
  operation.cpu_used_ns += sqlite::ThreadCpuNs() - cpu_start;
  return here;
}

bool Database::RunLines(Connection& connection, Operation& operation, const Query& piece, size_t index, Budget* budget,
                        size_t* left, Connection::Outcome* outcome) {
  const Connection::Outcome whole = std::move(*outcome);
  std::string_view rest = piece.sql;
  bool any = false;
  ResultSet& result = operation.results.back();
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end);
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    if (IsBlank(line)) continue;
    *outcome = connection.Run({std::string(line), {}}, budget, operation.want_size, left, &result);
    if (outcome->ran == Connection::Ran::kFailed) {
      // It was no list of lines: what is wrong with the whole says more.
      if (!any) *outcome = whole;
      Fail(operation, outcome->error, index, budget);
      return false;
    }
    any = true;
  }
  return true;
}

}  // namespace verge::d1
