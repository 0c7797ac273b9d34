// Which object leaves memory next: S3-FIFO (Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023).
//
// New objects go into a small queue. One that was asked for more than once by the time it gets to that queue's end
// moves on to the main queue; the others leave, and only their hash stays behind in a ghost queue. What comes again
// while it is remembered there goes to the main queue at once. So a scan over objects that nobody wants twice passes
// through a tenth of the memory, and a hit moves nothing: it counts up to three.
//
// An object is in two pairs of queues at the same time: its shard's, from which the tier takes when it is full, and its
// owner's in that shard, for owners that have as much as they may.
#ifndef CACHE_S3_FIFO_H_
#define CACHE_S3_FIFO_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace verge::cache {

enum class FifoLevel : uint8_t { kShard, kOwner };

// The part of an object that is in queues. Under the lock of its shard.
struct FifoObject {
  struct Links {
    FifoObject* older = nullptr;
    FifoObject* newer = nullptr;
  };
  std::array<Links, 2> links;  // by level
  uint64_t hash = 0;
  uint64_t bytes = 0;
  uint8_t frequency = 0;
  bool in_main = false;

  static constexpr uint8_t kMostFrequent = 3;
  void Touch() {
    if (frequency < kMostFrequent) ++frequency;
  }
};

class FifoQueue {
 public:
  [[nodiscard]] FifoObject* oldest() const { return oldest_; }
  [[nodiscard]] uint64_t bytes() const { return bytes_; }
  template <typename F>
  void ForEach(FifoLevel level, F function) const {
    for (const FifoObject* each = oldest_; each; each = each->links[static_cast<size_t>(level)].newer) function(*each);
  }
  void Push(FifoLevel level, FifoObject* object);
  void Remove(FifoLevel level, FifoObject* object);

 private:
  FifoObject* oldest_ = nullptr;
  FifoObject* newest_ = nullptr;
  uint64_t bytes_ = 0;
};

// The two queues of a level. Under the lock of their shard, but for bytes().
class FifoPair {
 public:
  explicit FifoPair(FifoLevel level = FifoLevel::kOwner) : level_(level) {}

  void Insert(FifoObject* object);
  void Remove(FifoObject* object);
  void Promote(FifoObject* object);  // from small to main; its `in_main` is set when both levels have done so

  // The object that goes next; null when there is none but `keep`. Objects that have earned it are promoted (in both
  // levels, by `promote`) or get another round: so many of them at most that a call takes bounded time.
  template <typename F>
  FifoObject* Victim(const FifoObject* keep, F promote) {
    for (int visits = 0;; ++visits) {
      FifoObject* object = Candidate(keep);
      if (!object) return nullptr;
      if (visits >= kMostVisits || object->frequency == 0) return object;
      if (!object->in_main) {
        if (object->frequency < kPromotedAt) return object;
        promote(object);
      } else {
        --object->frequency;
        main_.Remove(level_, object);
        main_.Push(level_, object);
      }
    }
  }

  template <typename F>
  void ForEach(F function) const {
    small_.ForEach(level_, function);
    main_.ForEach(level_, function);
  }

  // Any thread; a moment old.
  [[nodiscard]] uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  static constexpr int kMostVisits = 32;
  static constexpr uint8_t kPromotedAt = 2;

  // The oldest of the queue that is to give something.
  [[nodiscard]] FifoObject* Candidate(const FifoObject* keep) const;
  void Count(int64_t bytes) {
    bytes_.store(bytes_.load(std::memory_order_relaxed) + static_cast<uint64_t>(bytes), std::memory_order_relaxed);
  }

  const FifoLevel level_;
  FifoQueue small_;
  FifoQueue main_;
  std::atomic<uint64_t> bytes_{0};
};

// What left the small queue lately: hashes in buckets of four, the oldest of a bucket goes first.
class GhostQueue {
 public:
  void Add(uint64_t hash);
  // Whether it is remembered; then it no longer is.
  bool Take(uint64_t hash);
  // Remembers about so many from now on: as many as there are objects in memory.
  void Resize(size_t objects);

 private:
  static constexpr size_t kWays = 4;
  static constexpr size_t kFewest = 256;
  struct Slot {
    uint32_t tag = 0;  // zero: free
    uint32_t when = 0;
  };

  static uint32_t TagOf(uint64_t hash);
  Slot* BucketOf(uint32_t tag);

  std::vector<Slot> slots_;
  uint32_t now_ = 0;
};

}  // namespace verge::cache

#endif  // CACHE_S3_FIFO_H_
