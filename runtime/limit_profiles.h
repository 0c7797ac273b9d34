// Usual sets of limits, by name: --limits.
#ifndef RUNTIME_LIMIT_PROFILES_H_
#define RUNTIME_LIMIT_PROFILES_H_

#include <optional>
#include <span>
#include <string_view>

#include "runtime/limits.h"

namespace verge::runtime {

struct LimitProfile {
  std::string_view name;
  std::string_view about;
  Limits limits;
};

// "default" first.
std::span<const LimitProfile> LimitProfiles();
// Nothing: there is none of that name.
std::optional<Limits> FindLimits(std::string_view profile);

}  // namespace verge::runtime

#endif  // RUNTIME_LIMIT_PROFILES_H_
