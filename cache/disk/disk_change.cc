// Changes of what the disk tier has: updates, removals, purges.
#include <algorithm>
#include <utility>

#include "cache/body.h"
#include "cache/disk/disk_tier.h"
#include "cache/service_core.h"

namespace verge::cache {

void DiskTier::Update(const std::shared_ptr<NamespaceCore>& space, uint64_t hash, const EntryRef& old,
                      const EntryRef& updated) {
  if (!usable()) return;
  bool pending_changed = false;
  {
    const std::lock_guard lock(mutex_);
    const auto [begin, end] = pending_.equal_range(hash);
    for (auto it = begin; it != end; ++it) {
      if (it->second->entry->sequence() != old->sequence() || it->second->cancelled) continue;
      it->second->entry = updated;
      pending_changed = true;
    }
  }
  struct Effect {
    IndexRow row;
    uint64_t before = 0;
  };
  auto effect = std::make_shared<Effect>();
  const bool resident = updated->body()->resident();
  Submit(
      updated->overhead_bytes(),
      [this, space, hash, old, updated, effect](sqlite::Database& database) -> sqlite::Result<> {
        *effect = {};
        auto rows = index::Lookup(database, hash);
        if (!rows) return std::unexpected(std::move(rows).error());
        for (IndexRow& row : *rows) {
          if (row.sequence != old->sequence()) continue;
          const auto record = DecodeRecord(core_.seed(), row.record);
          if (!record) continue;
          effect->before = row.bytes;
          row.variant = VariantOf(core_.seed(), updated->metadata().vary);
          row.sequence = updated->sequence();
          row.record = EncodeRecord(core_.seed(), {space->owner->name, space->name, updated->key()},
                                    updated->sequence(), record->body, updated->metadata());
          row.bytes = row.record.size() + FileBytes(record->body.size);
          effect->row = row;
          return index::Replace(database, row, core_.sequence());
        }
        return {};
      },
      [this, space, hash, updated, effect, pending_changed, resident](const sqlite::Result<>& result) {
        if (result && effect->row.id != 0) {
          bytes_.fetch_add(effect->row.bytes - effect->before, std::memory_order_relaxed);
          if (const std::shared_ptr<OwnerCore> owner = OwnerOf(effect->row.owner)) {
            owner->disk_bytes.fetch_add(effect->row.bytes - effect->before, std::memory_order_relaxed);
          }
        } else if (!pending_changed && resident) {
          Store(space, hash, updated);
        }
        if (!resident) core_.memory.RemoveEntry(*space, hash, *updated);
      });
}

void DiskTier::BeginRemove(uint64_t hash, uint64_t up_to_sequence) {
  if (!usable()) return;
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = loads_.equal_range(hash);
  for (auto it = begin; it != end; ++it) it->second->voided = std::max(it->second->voided, up_to_sequence);
  Removal& removal = removals_[hash];
  removal.sequence = std::max(removal.sequence, up_to_sequence);
  ++removal.count;
}

void DiskTier::Remove(const std::shared_ptr<NamespaceCore>& space, uint64_t hash, uint64_t up_to_sequence,
                      std::optional<uint64_t> exactly, std::move_only_function<void(bool)> done) {
  const auto hit = [up_to_sequence, exactly](uint64_t sequence) {
    return exactly ? sequence == *exactly : sequence <= up_to_sequence;
  };
  struct Effect {
    std::vector<Gone> gone;
    bool existed = false;
  };
  auto effect = std::make_shared<Effect>();
  bool was_pending = false;
  {
    const std::lock_guard lock(mutex_);
    const auto [begin, end] = pending_.equal_range(hash);
    for (auto it = begin; it != end; ++it) {
      Pending& pending = *it->second;
      if (pending.cancelled || !hit(pending.entry->sequence())) continue;
      pending.cancelled = true;
      was_pending = true;
    }
  }
  Submit(
      0,
      [this, space, hash, hit, effect](sqlite::Database& database) -> sqlite::Result<> {
        *effect = {};
        auto rows = index::Lookup(database, hash);
        if (!rows) return std::unexpected(std::move(rows).error());
        for (const IndexRow& row : *rows) {
          if (!hit(row.sequence)) continue;
          if (auto deleted = index::Delete(database, row.id); !deleted) return deleted;
          effect->gone.push_back(GoneOf(row));
          const auto record = DecodeRecord(core_.seed(), row.record);
          if (!record) continue;
          const std::string& url = record->metadata.url.empty() ? record->key : record->metadata.url;
          effect->existed |=
              space->owner->purges.Judge(row.sequence, space->name, url, record->metadata.tags) != PurgeEffect::kHard;
        }
        return {};
      },
      [this, hash, effect, was_pending, done = std::move(done)](const sqlite::Result<>& result) mutable {
        if (result) Forget(effect->gone);
        {
          const std::lock_guard lock(mutex_);
          const auto removal = removals_.find(hash);
          if (removal != removals_.end() && --removal->second.count <= 0) removals_.erase(removal);
        }
        if (done) done(was_pending || (result && effect->existed));
      });
}

void DiskTier::Purge(const OwnerCore& owner, const PurgeMark& mark, bool all, std::move_only_function<void()> done) {
  // Nothing on disk, nothing to hit.
  if (!usable() || (ready_.load() && objects_.load() == 0 && !open_.load())) {
    if (done) done();
    return;
  }
  Submit(
      mark.text.size() + mark.name.size(),
      [this, all, purge = StoredPurge{owner.name, mark}](sqlite::Database& database) -> sqlite::Result<> {
        checkpoint_ = true;
        if (all) {
          if (auto dropped = index::DropPurges(database, purge.owner); !dropped) return dropped;
          StoredPurge everything{purge.owner, {}};
          everything.mark.sequence = purge.mark.sequence;
          return index::AddPurge(database, everything);
        }
        return index::AddPurge(database, purge);
      },
      [this, done = std::move(done)](const sqlite::Result<>&) mutable {
        if (done) done();
        StartSweep();
      });
}

}  // namespace verge::cache
