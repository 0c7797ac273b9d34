// The duty to refresh an entry, held by one caller at a time.
#ifndef CACHE_LEASE_H_
#define CACHE_LEASE_H_

#include <cstdint>
#include <memory>
#include <string>

namespace verge::cache {

class LeaseTable;

// Move-only. Dropping it without Failed gives the duty back: the entry is fresh again, or the next caller may try at
// once. It expires (Options::refresh_time) if its holder takes too long; it does no harm to drop it then.
class RefreshLease {
 public:
  RefreshLease(std::shared_ptr<LeaseTable> table, std::string key, uint64_t number);
  RefreshLease(RefreshLease&&) noexcept;
  RefreshLease& operator=(RefreshLease&&) noexcept;
  ~RefreshLease();

  // The refresh did not work: nobody tries again for a moment (Options::refresh_pause). The stale entry stays what it
  // is.
  void Failed();

 private:
  std::shared_ptr<LeaseTable> table_;  // null: given back
  std::string key_;
  uint64_t number_ = 0;
};

}  // namespace verge::cache

#endif  // CACHE_LEASE_H_
