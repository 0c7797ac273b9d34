// Looking through what is on disk.
#include <utility>

#include "cache/disk/disk_tier.h"
#include "cache/service_core.h"

namespace verge::cache {

bool DiskTier::PostRead(Task task) { return usable() && reads_->Post(std::move(task)); }

ListedPart DiskTier::List(const OwnerCore& owner, uint64_t from) {
  ListedPart part;
  if (!usable() || !open_.load()) return part;
  auto connection = connections_->Acquire();
  if (!connection) {
    OnError(connection.error());
    return part;
  }
  // Rows of others count, too: a page takes bounded time, whoever has filled the disk.
  auto rows = index::FromPosition(**connection, from, static_cast<int>(kMostLookedAt));
  if (!rows) {
    OnError(rows.error());
    connection->Discard();
    return part;
  }
  for (const IndexRow& row : *rows) {
    const uint64_t position = PositionOf(row.hash);
    // What is at the end of the rows may have been cut, whosever it is.
    if (rows->size() >= kMostLookedAt && position == PositionOf(rows->back().hash) &&
        position != PositionOf(rows->front().hash)) {
      part.end = position;
      break;
    }
    if (OwnerOf(row.owner).get() != &owner) continue;
    std::optional<Record> record = DecodeRecord(core_.seed(), row.record);
    if (!record || record->sequence != row.sequence || record->owner != owner.name) continue;
    {
      const std::lock_guard lock(mutex_);
      const auto removal = removals_.find(row.hash);
      if (removal != removals_.end() && row.sequence <= removal->second.sequence) continue;
    }
    const std::string& url = record->metadata.url.empty() ? record->key : record->metadata.url;
    const PurgeEffect effect = owner.purges.Judge(row.sequence, record->name, url, record->metadata.tags);
    if (effect == PurgeEffect::kHard) continue;
    ListedEntry entry;
    entry.url = url;
    entry.name = std::move(record->name);
    entry.key = std::move(record->key);
    entry.status = record->metadata.status;
    entry.lifetime = record->metadata.lifetime;
    entry.vary = std::move(record->metadata.vary);
    entry.tags = std::move(record->metadata.tags);
    entry.sequence = row.sequence;
    entry.bytes = record->body.size;
    entry.on_disk = true;
    entry.invalidated = effect == PurgeEffect::kSoft;
    part.items.push_back({position, std::move(entry)});
  }
  if (!part.end && rows->size() >= kMostLookedAt && PositionOf(rows->back().hash) != UINT64_MAX) {
    part.end = PositionOf(rows->back().hash) + 1;
  }
  return part;
}

}  // namespace verge::cache
