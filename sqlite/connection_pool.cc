#include "sqlite/connection_pool.h"

namespace verge::sqlite {

Result<ConnectionPool::Lease> ConnectionPool::Acquire() {
  {
    std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Database> database = std::move(idle_.back());
      idle_.pop_back();
      return Lease(this, std::move(database));
    }
  }
  auto opened = open_();
  if (!opened) return std::unexpected(std::move(opened).error());
  return Lease(this, *std::move(opened));
}

void ConnectionPool::Return(std::unique_ptr<Database> database) {
  // A transaction left open would hold its view of the file for ever.
  if (!database->autocommit() && !database->Execute("ROLLBACK")) return;
  std::lock_guard lock(mutex_);
  if (idle_.size() < max_idle_) idle_.push_back(std::move(database));
}

void ConnectionPool::Clear() {
  std::vector<std::unique_ptr<Database>> idle;
  std::lock_guard lock(mutex_);
  idle.swap(idle_);
}

}  // namespace verge::sqlite
