// Who refreshes what: the records behind RefreshLease.
#ifndef CACHE_LEASE_TABLE_H_
#define CACHE_LEASE_TABLE_H_

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "cache/time.h"

namespace verge::cache {

// Thread-safe.
class LeaseTable {
 public:
  LeaseTable(const Clock& clock, Seconds longest, Seconds pause) : clock_(clock), longest_(longest), pause_(pause) {}

  // The number of the lease; nullopt: held, or paused.
  std::optional<uint64_t> TryBegin(const std::string& key, Time now);
  void Release(const std::string& key, uint64_t number, bool failed);

 private:
  static constexpr size_t kSweepAt = 1024;

  struct Record {
    uint64_t number = 0;  // zero: of nobody, only the pause after a failure
    Time until{};
  };

  const Clock& clock_;
  const Seconds longest_;
  const Seconds pause_;
  std::mutex mutex_;
  std::unordered_map<std::string, Record> records_;
  uint64_t last_number_ = 0;
  size_t sweep_at_ = kSweepAt;  // records of expired leases are dropped when there are so many
};

}  // namespace verge::cache

#endif  // CACHE_LEASE_TABLE_H_
