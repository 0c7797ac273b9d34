// Reading from the disk tier.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <format>
#include <utility>

#include "cache/disk/disk_tier.h"
#include "cache/service_core.h"

namespace verge::cache {

LoadRequest::LoadRequest(std::shared_ptr<ServiceCore> given_core, std::shared_ptr<NamespaceCore> given_space,
                         std::string_view given_key, Fields request, bool any, std::shared_ptr<Executor> given_executor,
                         std::move_only_function<void(Found)> given_done)
    : core(std::move(given_core)),
      space(std::move(given_space)),
      key(given_key),
      hash(space->Hash(given_key)),
      fields(FieldList::Copy(request)),
      any_variant(any),
      executor(std::move(given_executor)),
      done(std::move(given_done)) {}

void LoadRequest::Answer(Found found) {
  executor->Post([told = std::move(done), answer = std::move(found)]() mutable { told(std::move(answer)); });
}

bool DiskTier::MayHave(uint64_t hash) const {
  return usable() && (!ready_.load(std::memory_order_relaxed) || presence_.Has(hash));
}

void DiskTier::Load(std::shared_ptr<LoadRequest> request) {
  auto state = std::make_shared<LoadState>();
  EntryRef waiting_to_be_written;
  {
    const std::lock_guard lock(mutex_);
    const auto [begin, end] = pending_.equal_range(request->hash);
    for (auto it = begin; it != end; ++it) {
      const Pending& pending = *it->second;
      const EntryRef& entry = pending.entry;
      if (pending.cancelled || pending.space != request->space || entry->key() != request->key) continue;
      if (!request->any_variant && !entry->metadata().vary.Matches(request->fields.view())) continue;
      if (waiting_to_be_written && waiting_to_be_written->sequence() > entry->sequence()) continue;
      waiting_to_be_written = entry;
    }
    if (!waiting_to_be_written) {
      const auto [first, last] = loads_.equal_range(request->hash);
      if (!request->alone && first != last) {
        first->second->waiting.push_back(std::move(request));
        return;
      }
      loads_.emplace(request->hash, state);
    }
  }
  if (waiting_to_be_written) {
    const PurgeEffect effect = request->space->Judge(*waiting_to_be_written);
    if (effect == PurgeEffect::kHard) waiting_to_be_written = nullptr;
    (waiting_to_be_written ? hits_ : core_.misses).fetch_add(1, std::memory_order_relaxed);
    request->Answer({std::move(waiting_to_be_written), false, effect == PurgeEffect::kSoft});
    return;
  }
  if (!reads_->Post([this, request, state] { RunLoad(request, state); })) request->Answer({});
}

void DiskTier::RunLoad(const std::shared_ptr<LoadRequest>& request, const std::shared_ptr<LoadState>& state) {
  Loaded loaded = ReadObject(*request);
  std::vector<std::shared_ptr<LoadRequest>> waiting;
  bool late = false;
  {
    const std::lock_guard lock(mutex_);
    const auto [begin, end] = loads_.equal_range(request->hash);
    for (auto it = begin; it != end; ++it) {
      if (it->second != state) continue;
      loads_.erase(it);
      break;
    }
    waiting.swap(state->waiting);
    uint64_t voided = state->voided;
    if (const auto removal = removals_.find(request->hash); removal != removals_.end()) {
      voided = std::max(voided, removal->second.sequence);
    }
    if (loaded.entry && loaded.entry->sequence() <= voided) loaded.entry = nullptr;
    // Under the mutex: what removes it from memory comes behind BeginRemove, which takes it, too.
    if (loaded.entry && loaded.resident) {
      late = !core_.memory.Insert(request->space, request->hash, loaded.entry, loaded.entry->body()->resident_bytes());
    }
  }
  Found found{loaded.entry, false, loaded.effect == PurgeEffect::kSoft};
  if (late || !loaded.entry) {
    // Something later has been stored meanwhile; or it is not in memory because it has no room there.
    MemoryTier::Match match =
        core_.memory.Find(*request->space, request->hash, request->key, request->fields.view(), request->any_variant);
    if (match.entry) found = {std::move(match.entry), false, match.effect == PurgeEffect::kSoft};
  }
  if (found.entry) hits_.fetch_add(1, std::memory_order_relaxed);
  if (!found.entry) core_.misses.fetch_add(1, std::memory_order_relaxed);
  request->Answer(std::move(found));
  for (std::shared_ptr<LoadRequest>& each : waiting) {
    // The one that was read may be another variant than this one wants.
    const std::shared_ptr<Executor> executor = each->executor;
    executor->Post([again = std::move(each)]() mutable {
      again->alone = true;
      again->core->Load(std::move(again));
    });
  }
}

DiskTier::Loaded DiskTier::ReadObject(const LoadRequest& request) {
  if (!usable() || !open_.load()) return {};
  auto connection = connections_->Acquire();
  if (!connection) {
    OnError(connection.error());
    return {};
  }
  auto rows = index::Lookup(**connection, request.hash);
  if (!rows) {
    OnError(rows.error());
    connection->Discard();
    return {};
  }
  const IndexRow* best = nullptr;
  std::optional<Record> best_record;
  PurgeEffect best_effect = PurgeEffect::kNone;
  for (const IndexRow& row : *rows) {
    std::optional<Record> record = DecodeRecord(core_.seed(), row.record);
    if (!record || record->sequence != row.sequence || record->body.in_file != row.in_file) {
      Damaged(GoneOf(row));
      continue;
    }
    if (record->key != request.key || record->owner != request.space->owner->name ||
        record->name != request.space->name) {
      continue;
    }
    if (!request.any_variant && !record->metadata.vary.Matches(request.fields.view())) continue;
    if (best && best->sequence > row.sequence) continue;
    const std::string& url = record->metadata.url.empty() ? record->key : record->metadata.url;
    const PurgeEffect effect =
        request.space->owner->purges.Judge(row.sequence, request.space->name, url, record->metadata.tags);
    if (effect == PurgeEffect::kHard) continue;
    best = &row;
    best_record = std::move(record);
    best_effect = effect;
  }
  if (!best) return {};
  bool resident = false;
  EntryRef entry = ReadBody(*connection, *best, *std::move(best_record), &resident);
  if (entry) Touch(best->id);
  return {std::move(entry), best_effect, resident};
}

EntryRef DiskTier::ReadBody(sqlite::ConnectionPool::Lease& connection, const IndexRow& row, Record record,
                            bool* resident) {
  const BlockKey key = KeyOf(record.body.nonce);
  const uint64_t size = record.body.size;
  std::shared_ptr<Body> body;
  if (!row.in_file) {
    auto stored = index::InlineBody(*connection, row.id);
    if (!stored) {
      OnError(stored.error());
      connection.Discard();
      return nullptr;
    }
    // Removed just now.
    if (!*stored) return nullptr;
    const auto data = DecodeBlock(key, **stored);
    if (!data || data->size() != size) {
      Damaged(GoneOf(row));
      return nullptr;
    }
    body = std::make_shared<Body>(http::Bytes::Copy(*data));
  } else {
    auto file = ObjectFile::Open(PathOf(row.id), key, size, reads_, [this, gone = GoneOf(row)] { Damaged(gone); });
    if (file && size <= core_.options.resident_object_bytes && core_.memory.Fits(size)) {
      auto bytes = size > 0 ? (*file)->ReadNow(0, size) : http::Bytes();
      if (bytes) {
        body = std::make_shared<Body>(*std::move(bytes));
      } else {
        file = std::unexpected(bytes.error());
      }
    } else if (file) {
      body = std::make_shared<Body>(*file, size);
    }
    if (!file) {
      if (file.error() == ObjectFile::Failure::kMissing) Missing(GoneOf(row));
      if (file.error() == ObjectFile::Failure::kDamaged) Damaged(GoneOf(row));
      return nullptr;
    }
  }
  *resident = body->resident();
  return std::make_shared<const Entry>(std::move(record.key), std::move(record.metadata), std::move(body),
                                       record.sequence);
}

void DiskTier::Damaged(const Gone& row) {
  auto gone = std::make_shared<std::vector<Gone>>();
  Submit(
      0,
      [row, gone](sqlite::Database& database) -> sqlite::Result<> {
        gone->clear();
        // Two readers may have come upon it.
        auto exists = index::Exists(database, row.id);
        if (!exists) return std::unexpected(std::move(exists).error());
        if (!*exists) return {};
        gone->push_back(row);
        return index::Delete(database, row.id);
      },
      [this, gone](const sqlite::Result<>& result) {
        if (!result || gone->empty()) return;
        corrupt_.fetch_add(1, std::memory_order_relaxed);
        Forget(*gone);
        Say(Notice::kDamaged, std::format("an object in {} was not what had been written, and was removed", folder_));
      });
}

// Removed a moment ago, or lost: in the order of changes the one can be told from the other.
void DiskTier::Missing(const Gone& row) {
  struct stat status;
  if (::stat(PathOf(row.id).c_str(), &status) != 0 && errno == ENOENT) Damaged(row);
}

void DiskTier::Touch(int64_t id) {
  // Objects that are asked for often are in memory; this is about those that come back once in a while.
  constexpr size_t kBatch = 32;
  std::vector<int64_t> ids;
  {
    const std::lock_guard lock(mutex_);
    touched_.push_back(id);
    if (touched_.size() < kBatch) return;
    ids.swap(touched_);
  }
  Submit(
      0,
      [this, ids = std::move(ids)](sqlite::Database& database) -> sqlite::Result<> {
        for (const int64_t each : ids) {
          if (auto touched = index::Touch(database, each, core_.sequence()); !touched) return touched;
        }
        return {};
      },
      [](const sqlite::Result<>&) {});
}

}  // namespace verge::cache
