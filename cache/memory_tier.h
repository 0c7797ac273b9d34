// The entries that are in memory: an index in parts with a lock each, and what has to leave when there is no more room,
// of all and of each owner (s3_fifo.h).
#ifndef CACHE_MEMORY_TIER_H_
#define CACHE_MEMORY_TIER_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "cache/entry.h"
#include "cache/fields.h"
#include "cache/listing.h"
#include "cache/namespace_core.h"
#include "cache/purge_log.h"
#include "cache/s3_fifo.h"

namespace verge::cache {

struct MemoryLimits {
  uint64_t bytes = 0;        // in all
  uint64_t owner_bytes = 0;  // of each owner
  uint32_t variants = 0;     // of each key
};

struct MemoryCounters {
  uint64_t hits = 0;
  uint64_t evictions = 0;
  uint64_t objects = 0;
  uint64_t bytes = 0;  // what is reserved included
};

// Thread-safe. A call holds one shard's lock at a time. Entries are destroyed outside of it.
class MemoryTier {
 public:
  explicit MemoryTier(const MemoryLimits& limits) : limits_(limits) {}
  ~MemoryTier();
  MemoryTier(const MemoryTier&) = delete;
  MemoryTier& operator=(const MemoryTier&) = delete;

  // Whether an object with so many bytes of body has room at all.
  [[nodiscard]] bool Fits(uint64_t bytes) const { return bytes <= limits_.owner_bytes && bytes <= limits_.bytes; }

  struct Match {
    EntryRef entry;  // null: none
    PurgeEffect effect = PurgeEffect::kNone;
  };
  // The variant for `request`, the latest if several fit; of `any_variant` the latest of all. Those that are purged are
  // dropped when they are met.
  Match Find(const NamespaceCore& space, uint64_t hash, std::string_view key, Fields request, bool any_variant);

  // Puts an entry in place of those that it supersedes, and of `replaced` (may be null). False: it is superseded itself
  // by a later one, or is too large. `body_bytes`: what its body takes here.
  bool Insert(std::shared_ptr<NamespaceCore> space, uint64_t hash, EntryRef entry, uint64_t body_bytes,
              const Entry* replaced = nullptr);

  // All variants of a key. Whether there was one that was not purged.
  bool Remove(const NamespaceCore& space, uint64_t hash, std::string_view key);
  void RemoveEntry(const NamespaceCore& space, uint64_t hash, const Entry& entry);

  // What the owner has from there on in the order of pages. Holds a shard's lock while it looks at the hashes that the
  // owner has there.
  ListedPart List(const OwnerCore& owner, uint64_t from);

  // Whether something with that hash is here and has been asked for. For the disk, which keeps it then.
  [[nodiscard]] bool IsWanted(uint64_t hash);

  // Room for a body that is being written. False: there is none, and nothing is reserved.
  bool Reserve(OwnerCore& owner, uint64_t bytes);
  void Release(OwnerCore& owner, uint64_t bytes);

  [[nodiscard]] MemoryCounters counters() const;

 private:
  struct Object : FifoObject {
    EntryRef entry;
    std::shared_ptr<NamespaceCore> space;
    Object* next = nullptr;  // in its bucket
    uint64_t judged_at = 0;  // PurgeLog::latest when `effect` was found out
    PurgeEffect effect = PurgeEffect::kNone;
  };
  // Objects that are out of the index and are deleted with it, when no lock is held.
  struct Garbage {
    std::vector<Object*> objects;
    Garbage() = default;
    Garbage(const Garbage&) = delete;
    Garbage& operator=(const Garbage&) = delete;
    ~Garbage() {
      for (const Object* object : objects) delete object;
    }
  };
  // A line of its own: neighbours' locks are other threads'.
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::vector<Object*> buckets;  // a power of two
    size_t objects = 0;
    FifoPair queues{FifoLevel::kShard};
    GhostQueue ghosts;
    uint64_t hits = 0;
    uint64_t evictions = 0;

    Object** BucketOf(uint64_t hash) { return &buckets[hash & (buckets.size() - 1)]; }
    void Grow();
  };

  static size_t IndexOf(uint64_t hash) { return hash >> 59; }
  static_assert(kMemoryShards == 32);
  static bool Is(const Object& object, const NamespaceCore& space, uint64_t hash, std::string_view key) {
    return object.hash == hash && object.space.get() == &space && object.entry->key() == key;
  }
  static PurgeEffect Judge(Object& object);
  // Takes `*link` out of everything. Under the shard's lock.
  void Unlink(Shard& shard, Object** link, Garbage& garbage);
  void MakeRoom(OwnerCore& owner, const FifoObject* keep);
  // Of `owner`, or of all when it is null. False: there is nothing.
  bool EvictOne(OwnerCore* owner, const FifoObject* keep, Garbage& garbage);

  const MemoryLimits limits_;
  std::array<Shard, kMemoryShards> shards_;
  std::atomic<uint64_t> stored_bytes_{0};
  std::atomic<uint64_t> reserved_bytes_{0};
  std::atomic<uint32_t> hand_{0};  // the shard that an eviction looks at first
};

}  // namespace verge::cache

#endif  // CACHE_MEMORY_TIER_H_
