#include "bindings/cache/refresh_budget.h"

#include <utility>

namespace verge::bindings {

// Outlives the budget: places may.
struct RefreshBudget::Place::State {
  explicit State(size_t places) : most(places) {}

  const size_t most;
  std::mutex mutex;
  std::unordered_map<uint64_t, cache::Time> taken;  // until when it counts
  uint64_t last = 0;

  // Zero: there is no room.
  uint64_t Take(cache::Time now) {
    const std::lock_guard lock(mutex);
    if (taken.size() >= most) {
      std::erase_if(taken, [now](const auto& each) { return each.second <= now; });
      if (taken.size() >= most) return 0;
    }
    taken.emplace(++last, now + kLongest);
    return last;
  }
  void Give(uint64_t number) {
    const std::lock_guard lock(mutex);
    taken.erase(number);
  }
};

RefreshBudget::Place::Place(Place&& other) noexcept
    : state_(std::move(other.state_)),
      above_(std::move(other.above_)),
      number_(other.number_),
      number_above_(other.number_above_) {}

RefreshBudget::Place& RefreshBudget::Place::operator=(Place&& other) noexcept {
  std::swap(state_, other.state_);
  std::swap(above_, other.above_);
  std::swap(number_, other.number_);
  std::swap(number_above_, other.number_above_);
  return *this;
}

RefreshBudget::Place::~Place() {
  if (state_) state_->Give(number_);
  if (above_) above_->Give(number_above_);
}

RefreshBudget::RefreshBudget(size_t most, std::shared_ptr<RefreshBudget> above)
    : state_(std::make_shared<Place::State>(most)), above_(std::move(above)) {}
RefreshBudget::~RefreshBudget() = default;

std::optional<RefreshBudget::Place> RefreshBudget::TryTake(cache::Time now) {
  Place place;
  place.number_ = state_->Take(now);
  if (place.number_ == 0) return std::nullopt;
  place.state_ = state_;
  if (above_) {
    place.number_above_ = above_->state_->Take(now);
    if (place.number_above_ == 0) return std::nullopt;
    place.above_ = above_->state_;
  }
  return place;
}

}  // namespace verge::bindings
