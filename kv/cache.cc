#include "kv/cache.h"

#include <sys/random.h>

#include <cstring>
#include <utility>

namespace verge::kv {
namespace {

// What an entry costs beside its key and value, about.
constexpr size_t kEntryOverhead = 256;

uint64_t RandomSeed() {
  uint64_t seed = 0;
  if (::getrandom(&seed, sizeof seed, 0) != static_cast<ssize_t>(sizeof seed)) {
    seed = reinterpret_cast<uintptr_t>(&seed) * 0x9E3779B97F4A7C15ull;
  }
  return seed;
}

uint64_t Multiply(uint64_t a, uint64_t b) {
  unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// Folded multiplication over words of eight bytes, as wyhash does it.
uint64_t Hash(uint64_t seed, std::string_view text) {
  uint64_t hash = seed ^ text.size() * 0x9E3779B97F4A7C15ull;
  while (text.size() >= 8) {
    uint64_t word;
    std::memcpy(&word, text.data(), 8);
    hash = Multiply(hash ^ word, seed | 0x8000000000000001ull);
    text.remove_prefix(8);
  }
  uint64_t word = 0;
  std::memcpy(&word, text.data(), text.size());
  return Multiply(Multiply(hash ^ word, seed | 0x8000000000000001ull) ^ seed, 0xD6E8FEB86659FD93ull);
}

}  // namespace

Cache::Cache(size_t max_bytes) : max_bytes_(max_bytes), seed_(RandomSeed()) {}

Cache::Key Cache::MakeKey(const Space& space, std::string_view text) const {
  return {&space, text, Hash(seed_ ^ reinterpret_cast<uintptr_t>(&space), text)};
}

bool Cache::Find(Space& space, uint64_t now, std::string_view key, ValuePtr* value) {
  if (space.stamp() != now) return false;
  const Key wanted = MakeKey(space, key);
  Shard& shard = ShardOf(wanted);
  std::lock_guard lock(shard.mutex);
  auto found = shard.index.find(wanted);
  if (found == shard.index.end()) return false;
  Entry& entry = *found->second;
  if (entry.epoch != space.epoch_.load(std::memory_order_relaxed)) return false;
  if (found->second != shard.entries.begin()) {
    shard.entries.splice(shard.entries.begin(), shard.entries, found->second);
  }
  *value = entry.value;
  space.hits_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void Cache::Fill(Space& space, uint64_t at, std::string_view key, ValuePtr value) {
  if (value && value->size() > max_value_bytes()) return;
  const Key wanted = MakeKey(space, key);
  Shard& shard = ShardOf(wanted);
  std::lock_guard lock(shard.mutex);
  // Under the mutex: whoever changes the space takes the stamp away first and the entry then.
  if (space.stamp() != at) return;
  Set(shard, space, wanted, std::move(value));
}

void Cache::BeginChange(Space& space) { space.stamp_.store(0, std::memory_order_release); }

void Cache::Change(Space& space, std::string_view key, ValuePtr value) {
  if (value && value->size() > max_value_bytes()) {
    Forget(space, key);
    return;
  }
  const Key wanted = MakeKey(space, key);
  Shard& shard = ShardOf(wanted);
  std::lock_guard lock(shard.mutex);
  Set(shard, space, wanted, std::move(value));
}

void Cache::Forget(Space& space, std::string_view key) {
  const Key wanted = MakeKey(space, key);
  Shard& shard = ShardOf(wanted);
  std::lock_guard lock(shard.mutex);
  auto found = shard.index.find(wanted);
  if (found != shard.index.end()) Drop(shard, found->second);
}

// The entries stay where they are until their place is needed.
void Cache::ForgetAll(Space& space) { space.epoch_.fetch_add(1, std::memory_order_relaxed); }

void Cache::EndChange(Space& space, uint64_t now) { space.stamp_.store(now, std::memory_order_release); }

void Cache::Remove(Space& space) {
  BeginChange(space);
  for (Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    for (auto entry = shard.entries.begin(); entry != shard.entries.end();) {
      auto next = std::next(entry);
      if (entry->space == &space) Drop(shard, entry);
      entry = next;
    }
  }
}

void Cache::Set(Shard& shard, Space& space, const Key& key, ValuePtr value) {
  auto found = shard.index.find(key);
  if (found != shard.index.end()) Drop(shard, found->second);
  size_t bytes = kEntryOverhead + key.text.size();
  if (value) bytes += value->size() + value->metadata.size();
  const size_t most = max_bytes_ / kShards;
  if (bytes > most) return;
  while (shard.bytes + bytes > most) Drop(shard, std::prev(shard.entries.end()));
  shard.entries.push_front(
      {&space, std::string(key.text), key.hash, space.epoch_.load(std::memory_order_relaxed), std::move(value), bytes});
  Entry& entry = shard.entries.front();
  shard.index.emplace(Key{&space, entry.key, key.hash}, shard.entries.begin());
  shard.bytes += bytes;
  space.bytes_.fetch_add(static_cast<int64_t>(bytes), std::memory_order_relaxed);
}

void Cache::Drop(Shard& shard, std::list<Entry>::iterator entry) {
  shard.index.erase(Key{entry->space, entry->key, entry->hash});
  shard.bytes -= entry->bytes;
  entry->space->bytes_.fetch_sub(static_cast<int64_t>(entry->bytes), std::memory_order_relaxed);
  shard.entries.erase(entry);
}

}  // namespace verge::kv
