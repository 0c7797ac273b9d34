#include "cache/s3_fifo.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace verge::cache {

void FifoQueue::Push(FifoLevel level, FifoObject* object) {
  const size_t at = std::to_underlying(level);
  object->links[at] = {.older = newest_, .newer = nullptr};
  (newest_ ? newest_->links[at].newer : oldest_) = object;
  newest_ = object;
  bytes_ += object->bytes;
}

void FifoQueue::Remove(FifoLevel level, FifoObject* object) {
  const size_t at = std::to_underlying(level);
  const FifoObject::Links links = std::exchange(object->links[at], {});
  (links.older ? links.older->links[at].newer : oldest_) = links.newer;
  (links.newer ? links.newer->links[at].older : newest_) = links.older;
  bytes_ -= object->bytes;
}

void FifoPair::Insert(FifoObject* object) {
  (object->in_main ? main_ : small_).Push(level_, object);
  Count(static_cast<int64_t>(object->bytes));
}

void FifoPair::Remove(FifoObject* object) {
  (object->in_main ? main_ : small_).Remove(level_, object);
  Count(-static_cast<int64_t>(object->bytes));
}

void FifoPair::Promote(FifoObject* object) {
  small_.Remove(level_, object);
  main_.Push(level_, object);
}

FifoObject* FifoPair::Candidate(const FifoObject* keep) const {
  // The small queue is to have a tenth.
  const bool small_first = small_.bytes() * 10 >= bytes() || !main_.oldest();
  for (const FifoQueue* queue : {small_first ? &small_ : &main_, small_first ? &main_ : &small_}) {
    FifoObject* oldest = queue->oldest();
    // The one that is kept has just come, so only younger ones could be behind it, and there are none.
    if (oldest && oldest != keep) return oldest;
  }
  return nullptr;
}

uint32_t GhostQueue::TagOf(uint64_t hash) { return std::max<uint32_t>(static_cast<uint32_t>(hash >> 16), 1); }

GhostQueue::Slot* GhostQueue::BucketOf(uint32_t tag) {
  const size_t buckets = slots_.size() / kWays;
  return &slots_[(tag & (buckets - 1)) * kWays];
}

void GhostQueue::Add(uint64_t hash) {
  if (slots_.empty()) slots_.resize(kFewest);
  const uint32_t tag = TagOf(hash);
  Slot* bucket = BucketOf(tag);
  Slot* chosen = bucket;
  for (Slot* slot = bucket; slot != bucket + kWays; ++slot) {
    if (slot->tag == tag || slot->tag == 0) {
      chosen = slot;
      break;
    }
    if (now_ - slot->when > now_ - chosen->when) chosen = slot;
  }
  *chosen = {.tag = tag, .when = ++now_};
}

bool GhostQueue::Take(uint64_t hash) {
  if (slots_.empty()) return false;
  const uint32_t tag = TagOf(hash);
  Slot* bucket = BucketOf(tag);
  for (Slot* slot = bucket; slot != bucket + kWays; ++slot) {
    if (slot->tag != tag) continue;
    // Older than the queue is long: only its bucket has been quiet.
    const bool remembered = now_ - slot->when <= slots_.size();
    *slot = {};
    return remembered;
  }
  return false;
}

void GhostQueue::Resize(size_t objects) {
  const size_t wanted = std::bit_ceil(std::max(objects, kFewest));
  if (wanted <= slots_.size()) return;
  std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(wanted));
  for (const Slot& slot : old) {
    if (slot.tag == 0) continue;
    Slot* bucket = BucketOf(slot.tag);
    for (size_t i = 0; i < kWays; ++i) {
      if (bucket[i].tag != 0) continue;
      bucket[i] = slot;
      break;
    }
  }
}

}  // namespace verge::cache
