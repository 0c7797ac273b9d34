// Connections for reading one database, lent to threads of a pool: readers neither wait for each other nor for the
// writer.
#ifndef SQLITE_CONNECTION_POOL_H_
#define SQLITE_CONNECTION_POOL_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "sqlite/database.h"
#include "sqlite/error.h"

namespace verge::sqlite {

// Thread-safe. Connections are made when none is idle; no more than `max_idle` are kept.
class ConnectionPool {
 public:
  using Opener = std::function<Result<std::unique_ptr<Database>>()>;

  explicit ConnectionPool(Opener open, size_t max_idle = 4) : open_(std::move(open)), max_idle_(max_idle) {}
  // No connection may be lent.
  ~ConnectionPool() = default;
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  // A connection for the calling thread. Goes back when it is destroyed; all statements of it must be gone by then.
  class Lease {
   public:
    Lease(Lease&& other) noexcept : pool_(other.pool_), database_(std::move(other.database_)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (database_) pool_->Return(std::move(database_));
    }
    Database& operator*() const { return *database_; }
    Database* operator->() const { return database_.get(); }
    // Closes it instead of giving it back: after an error that says that the file is broken or gone.
    void Discard() { database_.reset(); }

   private:
    friend class ConnectionPool;
    Lease(ConnectionPool* pool, std::unique_ptr<Database> database) : pool_(pool), database_(std::move(database)) {}
    ConnectionPool* pool_;
    std::unique_ptr<Database> database_;
  };

  Result<Lease> Acquire();
  // Only one that is idle: nothing is opened.
  std::optional<Lease> TryAcquire();

  // Closes those that are idle; with a time, those that have been since then or longer.
  void Clear(std::chrono::steady_clock::time_point before = std::chrono::steady_clock::time_point::max());

  [[nodiscard]] size_t idle() const;

 private:
  struct Idle {
    std::unique_ptr<Database> database;
    std::chrono::steady_clock::time_point since;
  };

  void Return(std::unique_ptr<Database> database);

  const Opener open_;
  const size_t max_idle_;
  mutable std::mutex mutex_;
  std::vector<Idle> idle_;  // the most recently used last
};

}  // namespace verge::sqlite

#endif  // SQLITE_CONNECTION_POOL_H_
