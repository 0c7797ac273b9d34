// What has been purged of an owner's entries. A purge is a mark in the order of stores and purges: whatever is older
// than a mark that fits it is gone (or, of a soft one, stale), wherever it is: in memory, on disk, or still on its way
// from an origin. So it takes effect at once; room is given back when entries are met.
#ifndef CACHE_PURGE_LOG_H_
#define CACHE_PURGE_LOG_H_

#include <atomic>
#include <cstdint>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace verge::cache {

struct PurgeMark {
  enum class Kind : uint8_t { kEverything, kTag, kPrefix };
  Kind kind = Kind::kEverything;
  bool soft = false;
  bool all_names = true;  // of the owner; else only those below `name`
  std::string name;
  std::string text;
  uint64_t sequence = 0;
};

enum class PurgeEffect : uint8_t { kNone, kSoft, kHard };

// Thread-safe.
class PurgeLog {
 public:
  // Marks that are kept one by one. Beyond that they become one that purges everything: more than was asked for, never
  // less.
  static constexpr size_t kMostMarks = 10'000;

  void Add(const PurgeMark& mark);

  // When something was last purged: what was judged then still holds.
  [[nodiscard]] uint64_t latest() const { return latest_.load(std::memory_order_acquire); }

  // What has become of an entry. Usually one load: nothing newer than it.
  [[nodiscard]] PurgeEffect Judge(uint64_t sequence, std::string_view name, std::string_view url,
                                  std::span<const std::string> tags) const {
    if (sequence > latest()) return PurgeEffect::kNone;
    return JudgeSlowly(sequence, name, url, tags);
  }

 private:
  // The latest sequences at which something was purged. Zero: never.
  struct Marks {
    uint64_t hard = 0;
    uint64_t soft = 0;
    void Add(uint64_t sequence, bool is_soft);
    [[nodiscard]] PurgeEffect On(uint64_t sequence) const;
  };
  struct Prefix {
    std::string scope;
    std::string text;
    Marks marks;
  };

  [[nodiscard]] PurgeEffect JudgeSlowly(uint64_t sequence, std::string_view name, std::string_view url,
                                        std::span<const std::string> tags) const;
  [[nodiscard]] PurgeEffect Of(const std::string& key, uint64_t sequence) const;

  std::atomic<uint64_t> latest_{0};
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, Marks> marks_;  // by scope and tag; without tag: everything
  std::vector<Prefix> prefixes_;
};

}  // namespace verge::cache

#endif  // CACHE_PURGE_LOG_H_
