// What the disk tier does in the background: counting what an earlier process left, making room, removing what was
// purged or can be of no use any more, and files that belong to nothing.
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <format>
#include <system_error>
#include <utility>

#include "cache/disk/disk_tier.h"
#include "cache/service_core.h"

namespace verge::cache {

namespace {

// Of one transaction, so that stores do not wait for long.
constexpr int kBatch = 128;
constexpr size_t kMostEvicted = 1024;
constexpr int kMostSpared = 256;

// Down to that part of a limit, so that not every store makes room.
uint64_t Target(uint64_t limit) { return limit - limit / 32; }

}  // namespace

void DiskTier::CountAll() {
  auto rows = std::make_shared<std::vector<IndexRow>>();
  Submit(
      0,
      [rows](sqlite::Database& database) -> sqlite::Result<> {
        auto sizes = index::Sizes(database);
        if (!sizes) return std::unexpected(std::move(sizes).error());
        *rows = *std::move(sizes);
        return {};
      },
      [this, rows](const sqlite::Result<>&) {
        for (const IndexRow& row : *rows) {
          presence_.Add(row.hash);
          bytes_.fetch_add(row.bytes, std::memory_order_relaxed);
          objects_.fetch_add(1, std::memory_order_relaxed);
          if (const std::shared_ptr<OwnerCore> owner = OwnerOf(row.owner)) {
            owner->disk_bytes.fetch_add(row.bytes, std::memory_order_relaxed);
          }
        }
        ready_.store(true);
        EvictIfFull();
      });
}

// ---- Making room

void DiskTier::EvictIfFull() {
  const auto full = [this] {
    if (bytes_.load() > std::min(core_.options.disk_bytes, shrink_to_.load())) return true;
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(
        owners_, [this](const auto& item) { return item.second->disk_bytes.load() > core_.options.owner_disk_bytes; });
  };
  if (!usable() || !ready_.load() || !full() || evicting_.exchange(true)) return;
  auto gone = std::make_shared<std::vector<Gone>>();
  Submit(
      0,
      [this, gone](sqlite::Database& database) {
        gone->clear();
        return RunEvict(database, gone.get());
      },
      [this, gone](const sqlite::Result<>& result) {
        // The disk was full once; that is over when there is room again.
        shrink_to_.store(UINT64_MAX);
        if (result) {
          evictions_.fetch_add(gone->size(), std::memory_order_relaxed);
          Forget(*gone);
        }
        evicting_.store(false);
        if (result && !gone->empty()) EvictIfFull();
      });
}

sqlite::Result<> DiskTier::RunEvict(sqlite::Database& database, std::vector<Gone>* gone) {
  std::vector<std::pair<int64_t, uint64_t>> owners;  // with what is too much of each
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, owner] : owners_) {
      const uint64_t bytes = owner->disk_bytes.load();
      if (bytes > core_.options.owner_disk_bytes) {
        owners.emplace_back(id, bytes - Target(core_.options.owner_disk_bytes));
      }
    }
  }
  for (const auto& [id, excess] : owners) {
    if (auto done = EvictSome(database, id, excess, gone); !done) return done;
  }
  uint64_t bytes = bytes_.load();
  for (const Gone& row : *gone) bytes -= std::min(bytes, row.bytes);
  const uint64_t limit = std::min(core_.options.disk_bytes, shrink_to_.load());
  return bytes > limit ? EvictSome(database, 0, bytes - Target(limit), gone) : sqlite::Result<>();
}

sqlite::Result<> DiskTier::EvictSome(sqlite::Database& database, int64_t owner, uint64_t excess,
                                     std::vector<Gone>* gone) {
  int spared = 0;
  uint64_t freed = 0;
  while (freed < excess && gone->size() < kMostEvicted) {
    auto rows = index::LeastUsed(database, owner, kBatch);
    if (!rows) return std::unexpected(std::move(rows).error());
    if (rows->empty()) break;
    for (const IndexRow& row : *rows) {
      if (freed >= excess) break;
      // What is asked for all the time is answered from memory, and looks unused from here.
      if (spared < kMostSpared && core_.memory.IsWanted(row.hash)) {
        ++spared;
        if (auto touched = index::Touch(database, row.id, core_.sequence()); !touched) return touched;
        continue;
      }
      if (auto deleted = index::Delete(database, row.id); !deleted) return deleted;
      gone->push_back(GoneOf(row));
      freed += row.bytes;
    }
  }
  return {};
}

// ---- What was purged, and what is of no use

void DiskTier::StartSweep() {
  {
    const std::lock_guard lock(mutex_);
    // A pass that is under way may be beyond what has to go now.
    if (std::exchange(sweeping_, true)) {
      sweep_again_ = true;
      return;
    }
  }
  SweepFrom(0);
}

void DiskTier::SweepFrom(int64_t after) {
  struct Effect {
    std::vector<Gone> gone;
    size_t corrupt = 0;
    int64_t last = 0;
    bool more = false;
  };
  auto effect = std::make_shared<Effect>();
  Submit(
      0,
      [this, after, effect](sqlite::Database& database) -> sqlite::Result<> {
        *effect = {};
        auto rows = index::After(database, after, kBatch);
        if (!rows) return std::unexpected(std::move(rows).error());
        const Time now = core_.options.clock->Now();
        for (const IndexRow& row : *rows) {
          const auto record = DecodeRecord(core_.seed(), row.record);
          if (record) {
            const std::string& url = record->metadata.url.empty() ? record->key : record->metadata.url;
            const bool purged =
                core_.OpenOwner(record->owner)->purges.Judge(row.sequence, record->name, url, record->metadata.tags) ==
                PurgeEffect::kHard;
            if (!purged && UselessFrom(record->metadata.lifetime) > now) continue;
          } else {
            ++effect->corrupt;
          }
          if (auto deleted = index::Delete(database, row.id); !deleted) return deleted;
          effect->gone.push_back(GoneOf(row));
        }
        effect->more = rows->size() == static_cast<size_t>(kBatch);
        if (!rows->empty()) effect->last = rows->back().id;
        return {};
      },
      [this, effect](const sqlite::Result<>& result) {
        if (result) {
          corrupt_.fetch_add(effect->corrupt, std::memory_order_relaxed);
          Forget(effect->gone);
          if (effect->more) {
            SweepFrom(effect->last);
            return;
          }
        }
        bool again = false;
        {
          const std::lock_guard lock(mutex_);
          again = std::exchange(sweep_again_, false) && result;
          sweeping_ = again;
        }
        if (again) SweepFrom(0);
      });
}

void DiskTier::RemoveOrphans() {
  (void)writes_->Post([this] {
    if (!usable()) return;
    auto connection = connections_->Acquire();
    if (!connection) return;
    std::error_code error;
    // Step by step with an error code: the operator++ of these throws.
    std::filesystem::recursive_directory_iterator item(folder_ + "/objects", error);
    for (; !error && item != std::filesystem::recursive_directory_iterator(); item.increment(error)) {
      if (!usable()) return;
      std::error_code unknown;
      if (item->is_directory(unknown)) continue;
      const std::string name = item->path().filename().string();
      uint64_t id = 0;
      const auto parsed = std::from_chars(name.data(), name.data() + name.size(), id, 16);
      const bool ours = parsed.ec == std::errc() && parsed.ptr == name.data() + name.size() && name.size() == 16;
      if (!ours) continue;
      {
        // In this order: what is in neither is nobody's.
        const std::lock_guard lock(mutex_);
        if (writing_.contains(static_cast<int64_t>(id))) continue;
      }
      auto listed = index::Exists(**connection, static_cast<int64_t>(id));
      if (!listed) return;
      if (!*listed || item->path() != PathOf(static_cast<int64_t>(id))) ::unlink(item->path().c_str());
    }
  });
}

}  // namespace verge::cache
