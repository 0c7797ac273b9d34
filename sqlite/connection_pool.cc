#include "sqlite/connection_pool.h"

#include <algorithm>
#include <iterator>

namespace verge::sqlite {

Result<ConnectionPool::Lease> ConnectionPool::Acquire() {
  if (auto idle = TryAcquire()) return *std::move(idle);
  auto opened = open_();
  if (!opened) return std::unexpected(std::move(opened).error());
  return Lease(this, *std::move(opened));
}

std::optional<ConnectionPool::Lease> ConnectionPool::TryAcquire() {
  std::lock_guard lock(mutex_);
  if (idle_.empty()) return std::nullopt;
  std::unique_ptr<Database> database = std::move(idle_.back().database);
  idle_.pop_back();
  return Lease(this, std::move(database));
}

void ConnectionPool::Return(std::unique_ptr<Database> database) {
  // A transaction left open would hold its view of the file for ever.
  if (!database->autocommit() && !database->Execute("ROLLBACK")) return;
  std::lock_guard lock(mutex_);
  if (idle_.size() < max_idle_) idle_.push_back({std::move(database), std::chrono::steady_clock::now()});
}

void ConnectionPool::Clear(std::chrono::steady_clock::time_point before) {
  // Closed behind the lock.
  std::vector<Idle> closed;
  std::lock_guard lock(mutex_);
  const auto end = std::ranges::find_if(idle_, [before](const Idle& each) { return each.since >= before; });
  std::move(idle_.begin(), end, std::back_inserter(closed));
  idle_.erase(idle_.begin(), end);
}

size_t ConnectionPool::idle() const {
  std::lock_guard lock(mutex_);
  return idle_.size();
}

}  // namespace verge::sqlite
