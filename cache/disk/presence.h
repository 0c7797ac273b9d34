// Which hashes the disk has something for: so that a miss does not have to ask it.
#ifndef CACHE_DISK_PRESENCE_H_
#define CACHE_DISK_PRESENCE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace verge::cache {

// A multiset of hashes, ten to twenty bytes for each. Thread-safe.
class Presence {
 public:
  void Add(uint64_t hash);
  // One of them.
  void Remove(uint64_t hash);
  [[nodiscard]] bool Has(uint64_t hash) const;

 private:
  static constexpr size_t kShards = 16;
  // Open addressing with linear probing; zero is free.
  struct Shard {
    mutable std::mutex mutex;
    std::vector<uint64_t> slots;  // a power of two
    size_t count = 0;

    [[nodiscard]] size_t Home(uint64_t hash) const { return (hash >> 8) & (slots.size() - 1); }
    // Where it is, or the free slot where it would be.
    [[nodiscard]] size_t Find(uint64_t hash) const;
    void Insert(uint64_t hash);
  };

  Shard& Of(uint64_t hash) { return shards_[hash % kShards]; }
  [[nodiscard]] const Shard& Of(uint64_t hash) const { return shards_[hash % kShards]; }

  std::array<Shard, kShards> shards_;
};

}  // namespace verge::cache

#endif  // CACHE_DISK_PRESENCE_H_
