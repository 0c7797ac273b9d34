// What has been read and written lately, for the whole process: a hot key costs no query and no other thread.
//
// Nothing in it is ever stale. Each namespace has a stamp: the state of its database (ChangeWatch) for which all that
// is cached of it holds. A reader compares it with the state now, and finds nothing when they differ; so a change by
// another process is seen by the next read. The process's own writer moves the stamp: it forgets what it has changed
// while there is no stamp at all, and only then sets the new one.
#ifndef KV_CACHE_H_
#define KV_CACHE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "kv/value.h"

namespace verge::kv {

class Cache {
 public:
  // A namespace's part of it. Belongs to the namespace, which calls Remove before it goes.
  class Space {
   public:
    // For which state the entries hold. 0: for none, they are being changed.
    [[nodiscard]] uint64_t stamp() const { return stamp_.load(std::memory_order_acquire); }
    [[nodiscard]] int64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
    [[nodiscard]] uint64_t hits() const { return hits_.load(std::memory_order_relaxed); }

   private:
    friend class Cache;
    std::atomic<uint64_t> stamp_{0};
    std::atomic<uint64_t> epoch_{0};  // entries of another one are void
    std::atomic<int64_t> bytes_{0};
    std::atomic<uint64_t> hits_{0};
  };

  explicit Cache(size_t max_bytes);
  ~Cache() = default;
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  // True: what a read in the state `now` would give is known; null in `value`: nothing is there. Any thread.
  bool Find(Space& space, uint64_t now, std::string_view key, ValuePtr* value);

  // What a read in state `at` has given. Kept only if the entries hold for that state. Any thread.
  void Fill(Space& space, uint64_t at, std::string_view key, ValuePtr value);

  // --- For whoever moves a space from state to state, one at a time.
  // Void from now on, whatever the state.
  void BeginChange(Space& space);
  // The key has that value in the state to come.
  void Change(Space& space, std::string_view key, ValuePtr value);
  // It is not known what value it has.
  void Forget(Space& space, std::string_view key);
  // All entries are void.
  void ForgetAll(Space& space);
  void EndChange(Space& space, uint64_t now);

  // Frees all entries.
  void Remove(Space& space);

  [[nodiscard]] size_t max_bytes() const { return max_bytes_; }
  // Longer values are not kept: one of them would push out many.
  [[nodiscard]] size_t max_value_bytes() const { return max_bytes_ / 64; }

 private:
  static constexpr size_t kShards = 16;

  struct Key {
    const Space* space;
    std::string_view text;  // of the entry, or of who asks
    size_t hash;
    bool operator==(const Key& other) const { return hash == other.hash && space == other.space && text == other.text; }
  };
  struct KeyHash {
    size_t operator()(const Key& key) const { return key.hash; }
  };
  struct Entry {
    Space* space;
    std::string key;
    size_t hash;
    uint64_t epoch;
    ValuePtr value;
    size_t bytes;
  };
  struct alignas(64) Shard {
    std::mutex mutex;
    std::list<Entry> entries;  // used last first
    std::unordered_map<Key, std::list<Entry>::iterator, KeyHash> index;
    size_t bytes = 0;
  };

  [[nodiscard]] Key MakeKey(const Space& space, std::string_view text) const;
  Shard& ShardOf(const Key& key) { return shards_[key.hash >> 59 & (kShards - 1)]; }
  // Under the shard's mutex.
  void Set(Shard& shard, Space& space, const Key& key, ValuePtr value);
  void Drop(Shard& shard, std::list<Entry>::iterator entry);

  const size_t max_bytes_;
  const uint64_t seed_;  // keys come from workers: nobody may aim at one bucket
  std::array<Shard, kShards> shards_;
};

}  // namespace verge::kv

#endif  // KV_CACHE_H_
