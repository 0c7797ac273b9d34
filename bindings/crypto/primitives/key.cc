#include "bindings/crypto/primitives/key.h"

#include <string>

namespace verge::crypto {

Outcome<> CheckUsages(Usages usages, Usages allowed) {
  for (size_t bit = 0; bit < kUsageCount; ++bit) {
    if ((usages & ~allowed & (1U << bit)) != 0) {
      return SyntaxError("The key cannot be used to \"" + std::string(UsageName(bit)) + "\".");
    }
  }
  return {};
}

}  // namespace verge::crypto
