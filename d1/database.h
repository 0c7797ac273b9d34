// One D1 database: a file, connections that read it side by side, one strand that writes it.
#ifndef D1_DATABASE_H_
#define D1_DATABASE_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "d1/bookmark.h"
#include "d1/connection.h"
#include "d1/limits.h"
#include "d1/operation.h"
#include "sqlite/connection_pool.h"
#include "sqlite/database.h"
#include "sqlite/group_writer.h"
#include "sqlite/state_directory.h"
#include "sqlite/thread_pool.h"

namespace verge::d1 {

// Thread-safe; made by std::make_shared. Nothing is opened before it is asked for, and what is idle is closed again: a
// database that nobody uses costs no file descriptor and no thread.
class Database : public std::enable_shared_from_this<Database> {
 public:
  // All must outlive it. `id` is safe (StateDirectory::IsSafeId).
  Database(const sqlite::StateDirectory& directory, std::string id, const Limits& limits, sqlite::ThreadPool& readers,
           sqlite::ThreadPool& writers);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const Limits& limits() const { return limits_; }

  // In place, on any thread, without waiting: for a statement that is known to be a light read (Connection::RunInline).
  // Empty: it is not, or no connection is idle; Start is the way then.
  std::optional<std::expected<void, Failure>> TryInline(const Query& query, ResultSet* result);

  // Whether the folder and SQLite will let it be: OnDone of `operation` is called in any case.
  void Start(std::shared_ptr<Operation> operation);

  // Of the last commit.
  [[nodiscard]] std::string bookmark() const { return bookmarks_.Current(); }

  // As of the last look, in bytes.
  [[nodiscard]] int64_t size() const { return size_.load(std::memory_order_relaxed); }

  // Closes what has not been used since `before`. Not on a thread of the pools.
  void CloseIdle(std::chrono::steady_clock::time_point before);

  // Connections that are open and idle, for tests.
  [[nodiscard]] size_t idle_connections() const { return connections_.idle(); }

 private:
  class ReadTask;
  class Job;

  sqlite::Result<std::unique_ptr<sqlite::Database>> OpenReader() const;
  sqlite::Result<std::unique_ptr<sqlite::Database>> OpenWriter() const;

  void Read(const std::shared_ptr<Operation>& operation);
  void Write(std::shared_ptr<Operation> operation);
  // Runs the queries of an operation on a connection. False: they need the writer.
  bool RunAll(Connection& connection, Operation& operation, std::optional<sqlite::Error>* error);
  // A piece of exec() that is no statement: its lines, one by one.
  bool RunLines(Connection& connection, Operation& operation, const Query& piece, size_t index, Budget* budget,
                size_t* left, Connection::Outcome* outcome);
  static void Fail(Operation& operation, const sqlite::Error& error, size_t query, const Budget* budget);

  const sqlite::StateDirectory& directory_;
  const std::string id_;
  const std::string path_;
  const Limits& limits_;
  sqlite::ThreadPool& readers_;
  BookmarkClock bookmarks_;
  std::atomic<int64_t> size_{0};
  std::atomic<int64_t> last_row_id_{0};
  std::atomic<size_t> reading_{0};  // operations that wait for a reader's thread, or have it
  std::atomic<std::chrono::steady_clock::rep> written_at_{0};
  sqlite::ConnectionPool connections_;  // for reading
  sqlite::GroupWriter writer_;
};

}  // namespace verge::d1

#endif  // D1_DATABASE_H_
