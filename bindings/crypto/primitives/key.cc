#include "bindings/crypto/primitives/key.h"

#include <string>

namespace verge::crypto {

size_t Key::MemorySize() const {
  // OpenSSL does not say what its objects take; this is what they were seen to take.
  constexpr size_t kOfHmac = 1024;
  constexpr size_t kOfPair = 4096;
  size_t size = sizeof(*this) + secret_.size();
  if (mac_.ok()) size += kOfHmac;
  if (pkey_) size += kOfPair + attributes_.modulus_length;
  return size;
}

Outcome<> CheckUsages(Usages usages, Usages allowed) {
  for (size_t bit = 0; bit < kUsageCount; ++bit) {
    if ((usages & ~allowed & (1U << bit)) != 0) {
      return SyntaxError("The key cannot be used to \"" + std::string(UsageName(bit)) + "\".");
    }
  }
  return {};
}

}  // namespace verge::crypto
