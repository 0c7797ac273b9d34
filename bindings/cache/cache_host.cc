#include "bindings/cache/cache_host.h"

#include <functional>

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

}  // namespace verge::bindings
