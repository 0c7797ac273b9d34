#include "cache/service_core.h"

#include <algorithm>
#include <utility>

#include "cache/body.h"

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
      resident_bytes_(std::min(options.resident_object_bytes, options.owner_memory_bytes / 4)),
      seed_(HashSeed::Random()) {
  if (options.folder.empty() || options.disk_bytes == 0) return;
  disk = std::make_unique<DiskTier>(*this);
  disk->OpenExisting();
}

void ServiceCore::Adopt(const HashSeed& seed, uint64_t sequence) {
  seed_ = seed;
  sequence_.store(std::max(sequence_.load(), sequence + 1));
}

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

std::vector<std::string> ServiceCore::OwnerNames() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  names.reserve(owners_.size());
  for (const auto& [name, owner] : owners_) names.push_back(name);
  return names;
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

void ServiceCore::Purge(OwnerCore& owner, PurgeMark mark, std::shared_ptr<Executor> executor, Task done) {
  mark.sequence = NextSequence();
  const bool everything = owner.purges.Add(mark);
  auto tell = [executor = std::move(executor), done = std::move(done)]() mutable {
    if (executor && done) executor->Post(std::move(done));
  };
  if (disk) {
    disk->Purge(owner, mark, everything, std::move(tell));
  } else {
    tell();
  }
}

bool ServiceCore::MayStore(uint64_t bytes) const {
  if (bytes > options.object_bytes) return false;
  return ForDiskOnly(bytes) ? bytes <= std::min(options.owner_disk_bytes, options.disk_bytes) : memory.Fits(bytes);
}

void ServiceCore::Load(std::shared_ptr<LoadRequest> request) {
  MemoryTier::Match match =
      memory.Find(*request->space, request->hash, request->key, request->fields.view(), request->any_variant);
  if (!match.entry && disk && disk->MayHave(request->hash)) {
    disk->Load(std::move(request));
    return;
  }
  if (!match.entry) misses.fetch_add(1, std::memory_order_relaxed);
  request->Answer({std::move(match.entry), false, match.effect == PurgeEffect::kSoft});
}

EntryRef ServiceCore::Store(const std::shared_ptr<NamespaceCore>& space, uint64_t hash, EntryRef entry,
                            const EntryRef& replaced, Keep keep) {
  if (space->Judge(*entry) == PurgeEffect::kHard) return nullptr;
  if (!memory.Insert(space, hash, entry, entry->body()->resident_bytes(), replaced.get())) {
    refused.fetch_add(1, std::memory_order_relaxed);
    return nullptr;
  }
  stores.fetch_add(1, std::memory_order_relaxed);
  if (!disk || keep == Keep::kInMemory) return entry;
  if (replaced) {
    disk->Update(space, hash, replaced, entry);
  } else {
    disk->Store(space, hash, entry);
  }
  return entry;
}

}  // namespace verge::cache
