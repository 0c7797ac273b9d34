// SipHash-1-3: keyed, so that nobody can choose URLs that collide.
#ifndef CACHE_HASH_H_
#define CACHE_HASH_H_

#include <cstdint>
#include <string_view>

namespace verge::cache {

struct HashSeed {
  uint64_t first = 0;
  uint64_t second = 0;

  // From the system's random numbers.
  static HashSeed Random();
};

uint64_t SipHash(const HashSeed& seed, std::string_view data);

}  // namespace verge::cache

#endif  // CACHE_HASH_H_
