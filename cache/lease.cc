#include "cache/lease.h"

#include <utility>

#include "cache/lease_table.h"

namespace verge::cache {

RefreshLease::RefreshLease(std::shared_ptr<LeaseTable> table, std::string key, uint64_t number)
    : table_(std::move(table)), key_(std::move(key)), number_(number) {}

RefreshLease::RefreshLease(RefreshLease&& other) noexcept
    : table_(std::move(other.table_)), key_(std::move(other.key_)), number_(other.number_) {}

RefreshLease& RefreshLease::operator=(RefreshLease&& other) noexcept {
  std::swap(table_, other.table_);
  std::swap(key_, other.key_);
  std::swap(number_, other.number_);
  return *this;
}

RefreshLease::~RefreshLease() {
  if (table_) table_->Release(key_, number_, false);
}

void RefreshLease::Failed() {
  if (const auto table = std::exchange(table_, nullptr)) table->Release(key_, number_, true);
}

std::optional<uint64_t> LeaseTable::TryBegin(const std::string& key, Time now) {
  const std::lock_guard lock(mutex_);
  if (records_.size() >= sweep_at_) {
    std::erase_if(records_, [now](const auto& item) { return item.second.until <= now; });
    sweep_at_ = std::max<size_t>(kSweepAt, records_.size() * 2);
  }
  const auto [found, inserted] = records_.try_emplace(key);
  if (!inserted && now < found->second.until) return std::nullopt;
  found->second = {.number = ++last_number_, .until = now + longest_};
  return last_number_;
}

void LeaseTable::Release(const std::string& key, uint64_t number, bool failed) {
  const Time now = clock_.Now();
  const std::lock_guard lock(mutex_);
  const auto found = records_.find(key);

  // Expired, and somebody else's by now: nothing to give back.
  if (found == records_.end() || found->second.number != number) return;
  if (failed) {
    found->second = {.number = 0, .until = now + pause_};
  } else {
    records_.erase(found);
  }
}

}  // namespace verge::cache
