// What the namespaces of a service share.
#ifndef CACHE_SERVICE_CORE_H_
#define CACHE_SERVICE_CORE_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "cache/flight_table.h"
#include "cache/hash.h"
#include "cache/lease_table.h"
#include "cache/memory_tier.h"
#include "cache/namespace_core.h"
#include "cache/service.h"

namespace verge::cache {

PurgeMark MarkOf(const PurgeRequest& request);

// Thread-safe.
class ServiceCore {
 public:
  explicit ServiceCore(Options given);

  // The same for the same names.
  std::shared_ptr<OwnerCore> OpenOwner(std::string_view name);
  std::shared_ptr<NamespaceCore> OpenNamespace(std::string_view owner, std::string_view name);
  // Null: it has nothing.
  [[nodiscard]] std::shared_ptr<OwnerCore> FindOwner(std::string_view name) const;

  // The next in the order of stores and purges.
  uint64_t NextSequence() { return sequence_.fetch_add(1, std::memory_order_relaxed) + 1; }

  void Purge(OwnerCore& owner, PurgeMark mark);

  // An entry whose body is complete. Null: it is not stored, because it was purged meanwhile, something later is
  // stored, or there is no room for it. `replaced` may be null.
  EntryRef Store(const std::shared_ptr<NamespaceCore>& space, uint64_t hash, EntryRef entry,
                 const Entry* replaced = nullptr);

  // Whether a body of that size may be stored.
  [[nodiscard]] bool MayStore(uint64_t bytes) const;

  const Options options;
  MemoryTier memory;
  const std::shared_ptr<LeaseTable> leases;
  const std::shared_ptr<FlightTable> flights;

  std::atomic<uint64_t> misses{0};
  std::atomic<uint64_t> stale{0};
  std::atomic<uint64_t> stores{0};
  std::atomic<uint64_t> refused{0};

 private:
  static constexpr size_t kSweepAt = 1024;

  const HashSeed seed_;
  std::atomic<uint64_t> sequence_{0};

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<OwnerCore>, std::less<>> owners_;
  std::unordered_map<std::string, std::weak_ptr<NamespaceCore>> namespaces_;
  size_t sweep_at_ = kSweepAt;  // namespaces that are gone are dropped when there are so many
};

}  // namespace verge::cache

#endif  // CACHE_SERVICE_CORE_H_
