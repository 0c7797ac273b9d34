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
#include <vector>

#include "cache/disk/disk_tier.h"
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

  [[nodiscard]] std::vector<std::string> OwnerNames() const;  // sorted

  // The next in the order of stores and purges.
  uint64_t NextSequence() { return sequence_.fetch_add(1, std::memory_order_relaxed) + 1; }

  void Purge(OwnerCore& owner, PurgeMark mark, std::shared_ptr<Executor> executor, Task done);

  // An entry whose body is complete. Null: it is not stored, because it was purged meanwhile, something later is
  // stored, or there is no room for it. `replaced` (may be null) is the entry whose body it has. `keep`: whether the
  // disk is to be told; it is not when the body is on its way there.
  enum class Keep : uint8_t { kInMemory, kOnDisk };
  EntryRef Store(const std::shared_ptr<NamespaceCore>& space, uint64_t hash, EntryRef entry,
                 const EntryRef& replaced = nullptr, Keep keep = Keep::kOnDisk);

  // Whether a body of that size may be stored, and whether it is one that does not stay in memory.
  [[nodiscard]] bool MayStore(uint64_t bytes) const;
  [[nodiscard]] bool ForDiskOnly(uint64_t bytes) const { return bytes > resident_bytes_ && disk_usable(); }

  // From memory, else from disk, else nothing.
  void Load(std::shared_ptr<LoadRequest> request);

  [[nodiscard]] const HashSeed& seed() const { return seed_; }
  [[nodiscard]] uint64_t sequence() const { return sequence_.load(std::memory_order_relaxed); }
  // What an earlier process has left on disk goes on. Before anything is opened.
  void Adopt(const HashSeed& seed, uint64_t sequence);

  [[nodiscard]] bool disk_usable() const { return disk && disk->usable(); }

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

  const uint64_t resident_bytes_;
  HashSeed seed_;
  std::atomic<uint64_t> sequence_{0};

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<OwnerCore>, std::less<>> owners_;
  std::unordered_map<std::string, std::weak_ptr<NamespaceCore>> namespaces_;
  size_t sweep_at_ = kSweepAt;  // namespaces that are gone are dropped when there are so many

 public:
  std::unique_ptr<DiskTier> disk;  // null: memory only. The last member: its threads use the others
};

}  // namespace verge::cache

#endif  // CACHE_SERVICE_CORE_H_
