#include "cache/service_core.h"

#include <algorithm>
#include <utility>

namespace verge::cache {

PurgeMark MarkOf(const PurgeRequest& request) {
  PurgeMark mark;
  mark.kind = request.kind == PurgeKind::kTag      ? PurgeMark::Kind::kTag
              : request.kind == PurgeKind::kPrefix ? PurgeMark::Kind::kPrefix
                                                   : PurgeMark::Kind::kEverything;
  mark.soft = request.soft;
  mark.text = request.text;
  return mark;
}

ServiceCore::ServiceCore(Options given)
    : options(std::move(given)),
      memory({.bytes = options.memory_bytes,
              .owner_bytes = options.owner_memory_bytes,
              .variants = std::max<uint32_t>(options.variants, 1)}),
      leases(std::make_shared<LeaseTable>(*options.clock, options.refresh_time, options.refresh_pause)),
      flights(std::make_shared<FlightTable>()),
      seed_(HashSeed::Random()) {}

std::shared_ptr<OwnerCore> ServiceCore::OpenOwner(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto found = owners_.find(name);
  if (found != owners_.end()) return found->second;
  return owners_.emplace(name, std::make_shared<OwnerCore>(std::string(name))).first->second;
}

std::shared_ptr<OwnerCore> ServiceCore::FindOwner(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = owners_.find(name);
  return found == owners_.end() ? nullptr : found->second;
}

std::shared_ptr<NamespaceCore> ServiceCore::OpenNamespace(std::string_view owner, std::string_view name) {
  std::shared_ptr<OwnerCore> of_owner = OpenOwner(owner);
  const std::lock_guard lock(mutex_);
  if (namespaces_.size() >= sweep_at_) {
    std::erase_if(namespaces_, [](const auto& item) { return item.second.expired(); });
    sweep_at_ = std::max(kSweepAt, namespaces_.size() * 2);
  }
  std::weak_ptr<NamespaceCore>& known = namespaces_[NamespaceCore::PrefixOf(owner, name)];
  std::shared_ptr<NamespaceCore> space = known.lock();
  if (!space) {
    space = std::make_shared<NamespaceCore>(std::move(of_owner), std::string(name), seed_);
    known = space;
  }
  return space;
}

void ServiceCore::Purge(OwnerCore& owner, PurgeMark mark) {
  mark.sequence = NextSequence();
  owner.purges.Add(mark);
}

bool ServiceCore::MayStore(uint64_t bytes) const { return bytes <= options.object_bytes && memory.Fits(bytes); }

EntryRef ServiceCore::Store(const std::shared_ptr<NamespaceCore>& space, uint64_t hash, EntryRef entry,
                            const Entry* replaced) {
  if (space->Judge(*entry) == PurgeEffect::kHard) return nullptr;
  if (!memory.Insert(space, hash, entry, entry->size().value_or(0), replaced)) {
    refused.fetch_add(1, std::memory_order_relaxed);
    return nullptr;
  }
  stores.fetch_add(1, std::memory_order_relaxed);
  return entry;
}

}  // namespace verge::cache
