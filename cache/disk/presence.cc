#include "cache/disk/presence.h"

#include <algorithm>
#include <utility>

namespace verge::cache {

namespace {

constexpr size_t kFirstSlots = 64;

uint64_t NotZero(uint64_t hash) { return hash == 0 ? 1 : hash; }

}  // namespace

size_t Presence::Shard::Find(uint64_t hash) const {
  size_t at = Home(hash);
  while (slots[at] != 0 && slots[at] != hash) at = (at + 1) & (slots.size() - 1);
  return at;
}

void Presence::Shard::Insert(uint64_t hash) {
  size_t at = Home(hash);
  while (slots[at] != 0) at = (at + 1) & (slots.size() - 1);
  slots[at] = hash;
}

void Presence::Add(uint64_t hash) {
  hash = NotZero(hash);
  Shard& shard = Of(hash);
  const std::lock_guard lock(shard.mutex);
  if ((shard.count + 1) * 4 > shard.slots.size() * 3) {
    std::vector<uint64_t> old =
        std::exchange(shard.slots, std::vector<uint64_t>(std::max(kFirstSlots, shard.slots.size() * 2)));
    for (const uint64_t each : old) {
      if (each != 0) shard.Insert(each);
    }
  }
  shard.Insert(hash);
  ++shard.count;
}

void Presence::Remove(uint64_t hash) {
  hash = NotZero(hash);
  Shard& shard = Of(hash);
  const std::lock_guard lock(shard.mutex);
  if (shard.slots.empty()) return;
  const size_t mask = shard.slots.size() - 1;
  size_t hole = shard.Find(hash);
  if (shard.slots[hole] == 0) return;
  --shard.count;
  // What stands behind moves up, unless it is where it belongs.
  for (size_t at = (hole + 1) & mask; shard.slots[at] != 0; at = (at + 1) & mask) {
    const size_t home = shard.Home(shard.slots[at]);
    if (((at - home) & mask) < ((at - hole) & mask)) continue;
    shard.slots[hole] = shard.slots[at];
    hole = at;
  }
  shard.slots[hole] = 0;
}

bool Presence::Has(uint64_t hash) const {
  hash = NotZero(hash);
  const Shard& shard = Of(hash);
  const std::lock_guard lock(shard.mutex);
  return !shard.slots.empty() && shard.slots[shard.Find(hash)] != 0;
}

}  // namespace verge::cache
