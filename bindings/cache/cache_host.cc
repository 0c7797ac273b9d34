#include "bindings/cache/cache_host.h"

#include <functional>
#include <utility>

namespace verge::bindings {

bool CacheHost::IsUnshared(std::string_view key) const {
  if (unshared_.empty()) return false;
  auto found = unshared_.find(std::hash<std::string_view>()(key));
  return found != unshared_.end() && found->second > Now();
}

void CacheHost::SetUnshared(std::string_view key) {
  if (unshared_.size() >= kMaxUnshared) unshared_.clear();
  unshared_[std::hash<std::string_view>()(key)] = Now() + kUnsharedTime;
}

std::optional<RefreshDuty> CacheHost::TryBeginRefresh(cache::Namespace& space, const cache::EntryRef& entry,
                                                      bool in_background) {
  std::optional<RefreshBudget::Place> place;
  if (in_background) {
    place = refreshes_->TryTake(Now());
    if (!place) return std::nullopt;
  }
  auto lease = space.TryBeginRefresh(entry);
  if (!lease) return std::nullopt;
  return RefreshDuty{*std::move(lease), place ? *std::move(place) : RefreshBudget::Place()};
}

}  // namespace verge::bindings
