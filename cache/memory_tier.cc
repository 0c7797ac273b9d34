#include "cache/memory_tier.h"

#include <algorithm>
#include <utility>

namespace verge::cache {

namespace {

constexpr size_t kFirstBuckets = 64;

// RFC 9111, 4.1: whether one of the two has no business beside the other: they answer the same requests, or one of them
// says that the resource varies and the other that it does not.
bool Supersede(const VaryKey& a, const VaryKey& b) { return a == b || a.fields.empty() != b.fields.empty(); }

}  // namespace

MemoryTier::~MemoryTier() {
  for (Shard& shard : shards_) {
    for (const Object* object : shard.buckets) {
      while (object) delete std::exchange(object, object->next);
    }
  }
}

void MemoryTier::Shard::Grow() {
  std::vector<Object*> old = std::exchange(buckets, std::vector<Object*>(std::max(buckets.size() * 2, kFirstBuckets)));
  for (Object* object : old) {
    while (object) {
      Object* next = object->next;
      Object** bucket = BucketOf(object->hash);
      object->next = *bucket;
      *bucket = object;
      object = next;
    }
  }
}

PurgeEffect MemoryTier::Judge(Object& object) {
  const uint64_t latest = object.space->owner->purges.latest();
  if (object.judged_at != latest) {
    object.effect = object.space->Judge(*object.entry);
    object.judged_at = latest;
  }
  return object.effect;
}

void MemoryTier::Unlink(Shard& shard, Object** link, Garbage& garbage) {
  Object* object = *link;
  *link = object->next;
  --shard.objects;
  OwnerCore& owner = *object->space->owner;
  shard.queues.Remove(object);
  owner.queues[IndexOf(object->hash)].Remove(object);
  owner.stored_bytes.fetch_sub(object->bytes, std::memory_order_relaxed);
  stored_bytes_.fetch_sub(object->bytes, std::memory_order_relaxed);
  garbage.objects.push_back(object);
}

MemoryTier::Match MemoryTier::Find(const NamespaceCore& space, uint64_t hash, std::string_view key, Fields request,
                                   bool any_variant) {
  Garbage garbage;
  Shard& shard = shards_[IndexOf(hash)];
  const std::lock_guard lock(shard.mutex);
  if (shard.buckets.empty()) return {};
  Object* best = nullptr;
  for (Object** link = shard.BucketOf(hash); *link;) {
    Object& object = **link;
    if (Is(object, space, hash, key)) {
      if (Judge(object) == PurgeEffect::kHard) {
        Unlink(shard, link, garbage);
        continue;
      }
      const bool later = !best || object.entry->sequence() > best->entry->sequence();
      if (later && (any_variant || object.entry->metadata().vary.Matches(request))) best = &object;
    }
    link = &object.next;
  }
  if (!best) return {};
  best->Touch();
  ++shard.hits;
  return {.entry = best->entry, .effect = best->effect};
}

bool MemoryTier::Insert(std::shared_ptr<NamespaceCore> space, uint64_t hash, EntryRef entry, uint64_t body_bytes,
                        const Entry* replaced) {
  constexpr uint64_t kOverhead = sizeof(Object) + 32;
  OwnerCore& owner = *space->owner;
  const size_t index = IndexOf(hash);
  const VaryKey& vary = entry->metadata().vary;
  const uint64_t sequence = entry->sequence();
  auto made = std::make_unique<Object>();
  made->hash = hash;
  made->bytes = kOverhead + entry->overhead_bytes() + body_bytes;
  if (!Fits(made->bytes)) return false;
  made->entry = std::move(entry);
  made->space = std::move(space);
  Object* const object = made.get();
  {
    Garbage garbage;
    Shard& shard = shards_[index];
    const std::lock_guard lock(shard.mutex);
    if (shard.objects >= shard.buckets.size()) shard.Grow();
    uint32_t variants = 0;
    Object** oldest = nullptr;
    for (Object** link = shard.BucketOf(hash); *link;) {
      Object& other = **link;
      if (Is(other, *object->space, hash, object->entry->key())) {
        const bool is_replaced = other.entry.get() == replaced;
        const bool superseded = Supersede(other.entry->metadata().vary, vary);
        if (superseded && !is_replaced && other.entry->sequence() > sequence) return false;
        if (superseded || is_replaced) {
          // Whoever wanted the one before will want this one.
          object->frequency = other.frequency;
          object->in_main = other.in_main;
          Unlink(shard, link, garbage);
          continue;
        }
        ++variants;
        if (!oldest || other.entry->sequence() < (*oldest)->entry->sequence()) oldest = link;
      }
      link = &other.next;
    }
    if (variants > 0 && variants >= limits_.variants) Unlink(shard, oldest, garbage);
    if (shard.ghosts.Take(hash)) object->in_main = true;
    Object** bucket = shard.BucketOf(hash);
    object->next = *bucket;
    *bucket = made.release();
    ++shard.objects;
    shard.queues.Insert(object);
    owner.queues[index].Insert(object);
    owner.stored_bytes.fetch_add(object->bytes, std::memory_order_relaxed);
    stored_bytes_.fetch_add(object->bytes, std::memory_order_relaxed);
  }
  MakeRoom(owner, object);
  return true;
}

bool MemoryTier::Remove(const NamespaceCore& space, uint64_t hash, std::string_view key) {
  Garbage garbage;
  bool existed = false;
  Shard& shard = shards_[IndexOf(hash)];
  const std::lock_guard lock(shard.mutex);
  if (shard.buckets.empty()) return false;
  for (Object** link = shard.BucketOf(hash); *link;) {
    Object& object = **link;
    if (Is(object, space, hash, key)) {
      existed |= Judge(object) != PurgeEffect::kHard;
      Unlink(shard, link, garbage);
    } else {
      link = &object.next;
    }
  }
  return existed;
}

void MemoryTier::RemoveEntry(const NamespaceCore& space, uint64_t hash, const Entry& entry) {
  Garbage garbage;
  Shard& shard = shards_[IndexOf(hash)];
  const std::lock_guard lock(shard.mutex);
  if (shard.buckets.empty()) return;
  for (Object** link = shard.BucketOf(hash); *link; link = &(*link)->next) {
    // Whoever got it from here or from the disk at another time has another object for the same thing.
    if (!Is(**link, space, hash, entry.key()) || (*link)->entry->sequence() != entry.sequence()) continue;
    Unlink(shard, link, garbage);
    return;
  }
}

ListedPart MemoryTier::List(const OwnerCore& owner, uint64_t from) {
  ListedPart part;
  struct Seen {
    uint64_t position;
    EntryRef entry;
    std::shared_ptr<NamespaceCore> space;
  };
  std::vector<Seen> seen;
  // A shard has the hashes with the same first bits, so one shard's are all before the next one's.
  for (size_t i = IndexOf(from); i < kMemoryShards && !part.end; ++i) {
    const size_t index = i ^ (kMemoryShards / 2);
    std::vector<std::pair<uint64_t, const Object*>> objects;
    const std::lock_guard lock(shards_[index].mutex);
    owner.queues[index].ForEach([&](const FifoObject& each) {
      const uint64_t position = PositionOf(each.hash);
      if (position >= from) objects.emplace_back(position, static_cast<const Object*>(&each));
    });
    const size_t left = kMostLookedAt - std::min(seen.size(), kMostLookedAt);
    // Variants of a key stay together.
    const size_t taken = std::min(objects.size(), left + limits_.variants + 1);
    const auto end = objects.begin() + static_cast<std::ptrdiff_t>(taken);
    std::ranges::partial_sort(objects, end, {}, &std::pair<uint64_t, const Object*>::first);
    objects.erase(end, objects.end());
    for (const auto& [position, object] : objects) {
      if (seen.size() >= kMostLookedAt && position != seen.back().position) {
        part.end = position;
        break;
      }
      seen.push_back({position, object->entry, object->space});
    }
  }
  for (Seen& each : seen) {
    const Metadata& metadata = each.entry->metadata();
    const PurgeEffect effect = each.space->Judge(*each.entry);
    if (effect == PurgeEffect::kHard) continue;
    ListedEntry entry;
    entry.name = each.space->name;
    entry.key = each.entry->key();
    entry.url = each.entry->url();
    entry.status = metadata.status;
    entry.lifetime = metadata.lifetime;
    entry.vary = metadata.vary;
    entry.tags = metadata.tags;
    entry.sequence = each.entry->sequence();
    entry.bytes = each.entry->size().value_or(0);
    entry.in_memory = true;
    entry.invalidated = effect == PurgeEffect::kSoft;
    part.items.push_back({each.position, std::move(entry)});
  }
  return part;
}

bool MemoryTier::IsWanted(uint64_t hash) {
  Shard& shard = shards_[IndexOf(hash)];
  const std::lock_guard lock(shard.mutex);
  if (shard.buckets.empty()) return false;
  for (const Object* object = *shard.BucketOf(hash); object; object = object->next) {
    if (object->hash == hash && (object->frequency > 0 || object->in_main)) return true;
  }
  return false;
}

bool MemoryTier::Reserve(OwnerCore& owner, uint64_t bytes) {
  const uint64_t of_owner = owner.reserved_bytes.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  const uint64_t of_all = reserved_bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  if (of_owner > limits_.owner_bytes || of_all > limits_.bytes) {
    Release(owner, bytes);
    return false;
  }
  MakeRoom(owner, nullptr);
  return true;
}

void MemoryTier::Release(OwnerCore& owner, uint64_t bytes) {
  owner.reserved_bytes.fetch_sub(bytes, std::memory_order_relaxed);
  reserved_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
}

void MemoryTier::MakeRoom(OwnerCore& owner, const FifoObject* keep) {
  Garbage garbage;
  const auto above = [](const std::atomic<uint64_t>& stored, const std::atomic<uint64_t>& reserved, uint64_t limit) {
    return stored.load(std::memory_order_relaxed) + reserved.load(std::memory_order_relaxed) > limit;
  };
  while (above(owner.stored_bytes, owner.reserved_bytes, limits_.owner_bytes) && EvictOne(&owner, keep, garbage)) {
  }
  while (above(stored_bytes_, reserved_bytes_, limits_.bytes) && EvictOne(nullptr, keep, garbage)) {
  }
}

bool MemoryTier::EvictOne(OwnerCore* owner, const FifoObject* keep, Garbage& garbage) {
  const uint64_t total = (owner ? owner->stored_bytes : stored_bytes_).load(std::memory_order_relaxed);
  const uint32_t first = hand_.fetch_add(1, std::memory_order_relaxed);
  // From a shard that has its share or more, so that they stay alike; from any if that was not to be had.
  for (const uint64_t share : {total / kMemoryShards, uint64_t{1}}) {
    for (uint32_t i = 0; i < kMemoryShards; ++i) {
      const size_t index = (first + i) % kMemoryShards;
      Shard& shard = shards_[index];
      FifoPair& queues = owner ? owner->queues[index] : shard.queues;
      if (queues.bytes() < std::max<uint64_t>(share, 1)) continue;
      const std::lock_guard lock(shard.mutex);
      FifoObject* victim = queues.Victim(keep, [&](FifoObject* object) {
        shard.queues.Promote(object);
        static_cast<Object*>(object)->space->owner->queues[index].Promote(object);
        object->in_main = true;
        object->frequency = 0;
      });
      if (!victim) continue;
      if (!victim->in_main) {
        shard.ghosts.Resize(shard.objects);
        shard.ghosts.Add(victim->hash);
      }
      Object** link = shard.BucketOf(victim->hash);
      while (*link != victim) link = &(*link)->next;
      ++shard.evictions;
      Unlink(shard, link, garbage);
      return true;
    }
  }
  return false;
}

MemoryCounters MemoryTier::counters() const {
  MemoryCounters counters;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    counters.hits += shard.hits;
    counters.evictions += shard.evictions;
    counters.objects += shard.objects;
  }
  counters.bytes = stored_bytes_.load(std::memory_order_relaxed) + reserved_bytes_.load(std::memory_order_relaxed);
  return counters;
}

}  // namespace verge::cache
