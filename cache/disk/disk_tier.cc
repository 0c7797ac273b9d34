#include "cache/disk/disk_tier.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <format>

#include "cache/disk/file_builder.h"
#include "cache/disk/spill.h"
#include "cache/service_core.h"

namespace verge::cache {

// A change of the index. `done` is called once, whatever becomes of it.
class DiskTier::Job final : public sqlite::WriteJob {
 public:
  Job(DiskTier& tier, size_t bytes, Change change, Told told)
      : WriteJob(bytes), tier_(tier), change_(std::move(change)), told_(std::move(told)) {
    tier_.Began();
  }
  ~Job() override {
    if (told_) told_(sqlite::Fail(sqlite::kOverloaded, "too many writes are waiting"));
    told_ = nullptr;
    tier_.Ended();
  }

  sqlite::Result<> Run(sqlite::Database& database) override {
    if (!tier_.usable()) return sqlite::Fail(sqlite::kClosed, "the cache's disk is not used any more");
    return change_(database);
  }
  void Done(sqlite::Result<> result) override {
    if (!result) tier_.OnError(result.error());
    std::exchange(told_, nullptr)(result);
  }

 private:
  DiskTier& tier_;
  Change change_;
  Told told_;
};

DiskTier::DiskTier(ServiceCore& core)
    : core_(core),
      folder_(core.options.folder.string()),
      index_path_(folder_ + "/index.sqlite"),
      writes_(std::make_shared<DiskThreads>(kWriteThreads, "cache-write")),
      reads_(std::make_shared<DiskThreads>(kReadThreads, "cache-read")),
      commits_(std::make_unique<sqlite::ThreadPool>(1, "cache-index")) {
  const HashSeed random = HashSeed::Random();
  ids_.seed(random.first ^ random.second);
  const char* vfs = core.options.vfs.empty() ? nullptr : core.options.vfs.c_str();
  writer_ = std::make_unique<sqlite::GroupWriter>(
      *commits_,
      [this, vfs]() -> sqlite::Result<std::unique_ptr<sqlite::Database>> {
        if (!EnsureOpen()) return sqlite::Fail(sqlite::kClosed, "the cache's folder cannot be used");
        return sqlite::Database::Open(index_path_, IndexOptions(sqlite::OpenMode::kWrite, vfs));
      },
      sqlite::GroupWriterOptions{.observer = this, .max_group_jobs = 500, .max_group_bytes = size_t{8} << 20});
  connections_ = std::make_unique<sqlite::ConnectionPool>(
      [this, vfs] { return sqlite::Database::Open(index_path_, IndexOptions(sqlite::OpenMode::kRead, vfs)); });
}

DiskTier::~DiskTier() { Close(); }

void DiskTier::Flush() {
  {
    std::unique_lock lock(mutex_);
    quiet_.wait(lock, [this] { return outstanding_ == 0; });
  }
  if (writer_) writer_->Flush();
}

void DiskTier::Close() {
  if (!writer_) return;
  // What is being written ends, and what its end asks for.
  Flush();
  writes_->Close();
  reads_->Close();
  Flush();
  off_.store(true);
  writer_.reset();
  commits_.reset();
  connections_.reset();
  const std::lock_guard lock(open_mutex_);
  if (lock_fd_ >= 0) ::close(std::exchange(lock_fd_, -1));
}

void DiskTier::Began() {
  const std::lock_guard lock(mutex_);
  ++outstanding_;
}

void DiskTier::Ended() {
  const std::lock_guard lock(mutex_);
  if (--outstanding_ == 0) quiet_.notify_all();
}

void DiskTier::Submit(size_t bytes, Change change, Told told) {
  if (!writer_) {
    told(sqlite::Fail(sqlite::kClosed, "the cache is closed"));
    return;
  }
  (void)writer_->Submit(std::make_unique<Job>(*this, bytes, std::move(change), std::move(told)));
}

void DiskTier::OnBegin(sqlite::Database& database) {
  checkpoint_ = false;
  // With every change: no sequence on disk may be above it.
  (void)index::WriteSequence(database, core_.sequence());
}

void DiskTier::OnCommit(sqlite::Database& database) {
  // The log is synced before it is copied.
  if (std::exchange(checkpoint_, false)) {
    sqlite3_wal_checkpoint_v2(database.raw(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  }
}

void DiskTier::FileFailed(const PendingRef& pending, int error) {
  ::unlink(TemporaryPathOf(pending->id).c_str());
  if (error != 0 && error != ENODEV) {
    if (error == ENOSPC || error == EDQUOT) {
      shrink_to_.store(bytes_.load() / 10 * 9);
      EvictIfFull();
    }
    Say(Notice::kWriteFailed, std::format("an object cannot be written to {}: {}; such objects are kept in memory only",
                                          folder_, std::strerror(error)));
  }
  Finish(pending, false);
}

// ---- Storing

DiskTier::PendingRef DiskTier::MakePending(const std::shared_ptr<NamespaceCore>& space, uint64_t hash,
                                           const EntryRef& entry, bool in_file, bool resident) {
  auto pending = std::make_shared<Pending>();
  pending->space = space;
  pending->hash = hash;
  pending->entry = entry;
  pending->resident = resident;
  pending->body.in_file = in_file;
  const std::lock_guard lock(mutex_);
  pending->body.nonce = ids_();
  pending->id = static_cast<int64_t>(ids_() >> 1) | 1;
  if (in_file) writing_.insert(pending->id);
  return pending;
}

void DiskTier::List(const PendingRef& pending) {
  presence_.Add(pending->hash);
  const std::lock_guard lock(mutex_);
  ++outstanding_;
  pending->listed = true;
  const auto removal = removals_.find(pending->hash);
  if (removal != removals_.end() && pending->entry->sequence() <= removal->second.sequence) pending->cancelled = true;
  // What this one replaces need not be written any more.
  const auto [begin, end] = pending_.equal_range(pending->hash);
  for (auto it = begin; it != end; ++it) {
    Pending& other = *it->second;
    if (other.entry->metadata().vary == pending->entry->metadata().vary &&
        other.entry->sequence() <= pending->entry->sequence()) {
      other.cancelled = true;
    }
  }
  pending_.emplace(pending->hash, pending);
}

void DiskTier::Store(const std::shared_ptr<NamespaceCore>& space, uint64_t hash, const EntryRef& entry) {
  if (!usable()) return;
  const uint64_t size = entry->size().value_or(0);
  const uint64_t cost = size + entry->overhead_bytes();
  const bool in_file = size > kInlineBytes;
  PendingRef pending = MakePending(space, hash, entry, in_file, true);
  pending->body.size = size;
  bool room = false;
  {
    const std::lock_guard lock(mutex_);
    room = queued_bytes_ + cost <= kMostQueuedBytes;
    if (room) {
      queued_bytes_ += cost;
      pending->queued_bytes = cost;
    }
  }
  List(pending);
  if (!room) {
    Finish(pending, false);
  } else if (!in_file) {
    SubmitStore(pending);
  } else if (!writes_->Post([this, pending] { WriteFile(pending); })) {
    Finish(pending, false);
  }
}

std::shared_ptr<Spill> DiskTier::BeginSpill(const std::shared_ptr<NamespaceCore>& space, uint64_t hash,
                                            const EntryRef& entry) {
  if (!usable()) return nullptr;
  return std::make_shared<Spill>(*this, writes_, MakePending(space, hash, entry, true, false));
}

void DiskTier::WriteFile(const PendingRef& pending) {
  EntryRef entry;
  {
    const std::lock_guard lock(mutex_);
    if (!pending->cancelled) entry = pending->entry;
  }
  if (!entry || !EnsureOpen()) {
    FileFailed(pending, 0);
    return;
  }
  auto file = CreateFile(pending->id, KeyOf(pending->body.nonce));
  if (!file) {
    FileFailed(pending, file.error());
    return;
  }
  FileBuilder builder(*std::move(file));
  int error = 0;
  for (const http::Bytes& piece : entry->body()->Pieces()) {
    if (error == 0) error = builder.Append(piece.view());
  }
  if (error == 0) error = builder.Finish();
  if (error == 0) error = PublishFile(pending->id);
  if (error != 0) {
    FileFailed(pending, error);
    return;
  }
  SubmitStore(pending);
}

void DiskTier::SubmitStore(const PendingRef& pending) {
  struct Effect {
    std::vector<Gone> gone;
    IndexRow inserted;
  };
  auto effect = std::make_shared<Effect>();
  Submit(
      pending->queued_bytes,
      [this, pending, effect](sqlite::Database& database) {
        effect->gone.clear();
        effect->inserted = {};
        return RunStore(database, pending, &effect->gone, &effect->inserted);
      },
      [this, pending, effect](const sqlite::Result<>& result) {
        const bool stored = result && effect->inserted.id != 0;
        if (result) Forget(effect->gone);
        if (stored) Account(effect->inserted, pending->space->owner);
        if (!stored && pending->body.in_file) RemoveFile(pending->id);
        Finish(pending, stored);
        EvictIfFull();
      });
}

sqlite::Result<> DiskTier::RunStore(sqlite::Database& database, const PendingRef& pending, std::vector<Gone>* gone,
                                    IndexRow* inserted) {
  EntryRef entry;
  {
    const std::lock_guard lock(mutex_);
    if (pending->cancelled) return {};
    entry = pending->entry;
  }
  const auto superseded = [&]() -> sqlite::Result<> {
    gone->clear();
    const std::lock_guard lock(mutex_);
    pending->cancelled = true;
    return {};
  };
  const NamespaceCore& space = *pending->space;
  if (space.Judge(*entry) == PurgeEffect::kHard) return superseded();
  auto rows = index::Lookup(database, pending->hash);
  if (!rows) return std::unexpected(std::move(rows).error());
  const uint64_t variant = VariantOf(core_.seed(), entry->metadata().vary);
  std::vector<const IndexRow*> others;
  for (const IndexRow& row : *rows) {
    if (row.variant != variant && row.variant != 0 && variant != 0) {
      others.push_back(&row);
      continue;
    }
    if (row.sequence > entry->sequence()) return superseded();
    gone->push_back(GoneOf(row));
  }
  std::ranges::sort(others, {}, &IndexRow::sequence);
  for (size_t i = 0; i + core_.options.variants <= others.size(); ++i) gone->push_back(GoneOf(*others[i]));
  for (const Gone& row : *gone) {
    if (auto deleted = index::Delete(database, row.id); !deleted) return deleted;
  }
  auto owner = index::OwnerId(database, space.owner->name);
  if (!owner) return std::unexpected(std::move(owner).error());
  IndexRow row;
  row.id = pending->id;
  row.owner = *owner;
  row.hash = pending->hash;
  row.variant = variant;
  row.sequence = entry->sequence();
  row.in_file = pending->body.in_file;
  row.record = EncodeRecord(core_.seed(), {space.owner->name, space.name, entry->key()}, entry->sequence(),
                            pending->body, entry->metadata());
  row.bytes = row.record.size() + FileBytes(pending->body.size);
  std::string body;
  if (!row.in_file) {
    const std::optional<http::Bytes> whole = entry->WholeBody();
    body = EncodeBlock(KeyOf(pending->body.nonce), whole ? whole->view() : std::string_view());
  }
  auto done = index::Insert(database, row, row.in_file ? nullptr : &body, core_.sequence());
  if (done) *inserted = std::move(row);
  return done;
}

void DiskTier::Account(const IndexRow& inserted, const std::shared_ptr<OwnerCore>& owner) {
  bytes_.fetch_add(inserted.bytes, std::memory_order_relaxed);
  objects_.fetch_add(1, std::memory_order_relaxed);
  owner->disk_bytes.fetch_add(inserted.bytes, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  owners_[inserted.owner] = owner;
  owner_ids_[owner.get()] = inserted.owner;
}

void DiskTier::Finish(const PendingRef& pending, bool stored) {
  bool listed = false;
  bool cancelled = false;
  EntryRef entry;
  {
    const std::lock_guard lock(mutex_);
    writing_.erase(pending->id);
    queued_bytes_ -= std::exchange(pending->queued_bytes, 0);
    listed = std::exchange(pending->listed, false);
    cancelled = pending->cancelled;
    entry = pending->entry;
    if (listed) {
      const auto [begin, end] = pending_.equal_range(pending->hash);
      for (auto it = begin; it != end; ++it) {
        if (it->second != pending) continue;
        pending_.erase(it);
        break;
      }
    }
  }
  if (!listed) return;
  if (stored) {
    const std::lock_guard lock(mutex_);
    said_[static_cast<size_t>(std::to_underlying(Notice::kWriteFailed))] = false;
  } else {
    presence_.Remove(pending->hash);
    if (!cancelled) {
      failures_.fetch_add(1, std::memory_order_relaxed);
      // What it was to replace is not what is answered any more.
      if (usable()) {
        BeginRemove(pending->hash, entry->sequence());
        Remove(pending->space, pending->hash, entry->sequence(), std::nullopt, nullptr);
      }
    }
  }
  if (!pending->resident) core_.memory.RemoveEntry(*pending->space, pending->hash, *entry);
  Ended();
}

std::shared_ptr<OwnerCore> DiskTier::OwnerOf(int64_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = owners_.find(id);
  return found == owners_.end() ? nullptr : found->second;
}

void DiskTier::Forget(std::span<const Gone> gone) {
  for (const Gone& row : gone) {
    presence_.Remove(row.hash);
    bytes_.fetch_sub(row.bytes, std::memory_order_relaxed);
    objects_.fetch_sub(1, std::memory_order_relaxed);
    if (const std::shared_ptr<OwnerCore> owner = OwnerOf(row.owner)) {
      owner->disk_bytes.fetch_sub(row.bytes, std::memory_order_relaxed);
    }
    if (row.in_file) RemoveFile(row.id);
  }
}

DiskCounters DiskTier::counters() const {
  return {.hits = hits_.load(),
          .evictions = evictions_.load(),
          .failures = failures_.load(),
          .corrupt = corrupt_.load(),
          .bytes = bytes_.load(),
          .objects = objects_.load()};
}

}  // namespace verge::cache
