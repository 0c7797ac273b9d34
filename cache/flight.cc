#include "cache/flight.h"

#include <utility>

#include "cache/flight_table.h"

namespace verge::cache {

Flight::Flight(std::shared_ptr<FlightTable> table, std::string key, uint64_t number)
    : table_(std::move(table)), key_(std::move(key)), number_(number) {}

Flight::Flight(Flight&& other) noexcept
    : table_(std::move(other.table_)), key_(std::move(other.key_)), number_(other.number_) {}

Flight& Flight::operator=(Flight&& other) noexcept {
  std::swap(table_, other.table_);
  std::swap(key_, other.key_);
  std::swap(number_, other.number_);
  return *this;
}

Flight::~Flight() { Decline(); }

void Flight::Publish(EntryRef entry) {
  if (table_) table_->Publish(key_, number_, entry);
}

void Flight::Decline() {
  if (const auto table = std::exchange(table_, nullptr)) table->End(key_, number_);
}

std::optional<uint64_t> FlightTable::Join(const std::string& key, std::shared_ptr<Executor> executor,
                                          FlightWaiter waiter) {
  std::vector<Waiting> told;
  EntryRef entry;
  {
    const std::lock_guard lock(mutex_);
    Record& record = records_[key];

    // One whose body has broken off, or whose beginning is gone, is of no use: whoever comes next asks again.
    const bool useless = record.published && !record.published->replayable();
    if (record.number == 0 || useless) {
      record.number = ++last_number_;
      record.published = nullptr;
      return record.number;
    }
    if (!record.published) {
      record.waiting.push_back({std::move(executor), std::move(waiter)});
      return std::nullopt;
    }
    entry = record.published;
    told.push_back({std::move(executor), std::move(waiter)});
  }
  Tell(std::move(told), entry);
  return std::nullopt;
}

void FlightTable::Publish(const std::string& key, uint64_t number, const EntryRef& entry) {
  std::vector<Waiting> told;
  {
    const std::lock_guard lock(mutex_);
    const auto found = records_.find(key);
    if (found == records_.end() || found->second.number != number) return;
    found->second.published = entry;
    told.swap(found->second.waiting);
  }
  Tell(std::move(told), entry);
}

void FlightTable::End(const std::string& key, uint64_t number) {
  Record ended;
  {
    const std::lock_guard lock(mutex_);
    const auto found = records_.find(key);
    if (found == records_.end() || found->second.number != number) return;
    ended = std::move(found->second);
    records_.erase(found);
  }
  Tell(std::move(ended.waiting), nullptr);
}

void FlightTable::Tell(std::vector<Waiting> waiting, const EntryRef& entry) {
  for (Waiting& one : waiting) {
    one.executor->Post([waiter = std::move(one.waiter), entry]() mutable { waiter(std::move(entry)); });
  }
}

}  // namespace verge::cache
