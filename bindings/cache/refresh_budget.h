// How many refreshes of stale entries run in the background at a time. Without a bound, ten thousand keys that become
// stale together would send ten thousand requests to the origin, or start as many events, as fast as they are asked
// for.
#ifndef BINDINGS_CACHE_REFRESH_BUDGET_H_
#define BINDINGS_CACHE_REFRESH_BUDGET_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "cache/time.h"

namespace verge::bindings {

// A worker has one on each shard, below the one of the shard. When it is used up, stale entries are answered with all
// the same, and whoever asks for one later has it refreshed: what is asked for often comes first.
class RefreshBudget {
 public:
  static constexpr size_t kOfWorker = 32;
  static constexpr size_t kOfShard = 128;
  // A place is free again after so long, whatever has become of the refresh: origins that never answer must not keep
  // all other entries stale.
  static constexpr cache::Seconds kLongest{30};

  // `above` (may be null) has to have room as well.
  explicit RefreshBudget(size_t most, std::shared_ptr<RefreshBudget> above = nullptr);
  ~RefreshBudget();
  RefreshBudget(const RefreshBudget&) = delete;
  RefreshBudget& operator=(const RefreshBudget&) = delete;

  // The place of one refresh, free again when it is dropped, on any thread. Move-only; an empty one holds nothing.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept;
    Place& operator=(Place&& other) noexcept;
    ~Place();

   private:
    friend class RefreshBudget;
    struct State;
    std::shared_ptr<State> state_;
    std::shared_ptr<State> above_;
    uint64_t number_ = 0;
    uint64_t number_above_ = 0;
  };

  // nullopt: there is none now.
  std::optional<Place> TryTake(cache::Time now);

 private:
  const std::shared_ptr<Place::State> state_;
  const std::shared_ptr<RefreshBudget> above_;
};

}  // namespace verge::bindings

#endif  // BINDINGS_CACHE_REFRESH_BUDGET_H_
