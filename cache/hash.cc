#include "cache/hash.h"

#include <sys/random.h>

#include <bit>
#include <cstring>

namespace verge::cache {

namespace {

struct State {
  uint64_t v0, v1, v2, v3;

  void Round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
};

}  // namespace

HashSeed HashSeed::Random() {
  HashSeed seed;
  // Sixteen bytes are never given in part; where there is no such call at all, an address has to do.
  if (getrandom(&seed, sizeof seed, 0) != sizeof seed) seed.first ^= reinterpret_cast<uintptr_t>(&seed);
  return seed;
}

uint64_t SipHash(const HashSeed& seed, std::string_view data) {
  State state{seed.first ^ 0x736f6d6570736575, seed.second ^ 0x646f72616e646f6d, seed.first ^ 0x6c7967656e657261,
              seed.second ^ 0x7465646279746573};
  const char* position = data.data();
  size_t left = data.size();
  uint64_t word = 0;
  for (; left >= 8; left -= 8, position += 8) {
    std::memcpy(&word, position, 8);
    state.v3 ^= word;
    state.Round();
    state.v0 ^= word;
  }
  word = 0;
  if (left > 0) std::memcpy(&word, position, left);
  word |= static_cast<uint64_t>(data.size()) << 56;
  state.v3 ^= word;
  state.Round();
  state.v0 ^= word;
  state.v2 ^= 0xff;
  for (int i = 0; i < 3; ++i) state.Round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace verge::cache
