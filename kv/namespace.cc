#include "kv/namespace.h"

#include <optional>

#include "kv/cache.h"
#include "kv/change_watch.h"
#include "kv/rules.h"
#include "kv/store.h"

namespace verge::kv {
namespace {

using sqlite::Database;
using sqlite::Fail;
using sqlite::OpenMode;
using sqlite::Result;

// A sweep's transaction removes so many entries and then lets others write.
constexpr int64_t kSweepStep = 500;

constexpr size_t kIdleReaders = 2;

size_t MemoryOf(const ValuePtr& value) { return value ? value->size() + value->metadata.size() + 256 : 256; }

}  // namespace

// What is known of the file's state.
struct Namespace::Watched {
  std::mutex mutex;  // of making `owned`
  std::unique_ptr<ChangeWatch> owned;
  bool impossible = false;  // the header is of a kind that is not known
  std::atomic<const ChangeWatch*> watch{nullptr};

  Cache::Space space;
  // Who moves the space's stamp. `committing`: the writer will.
  std::mutex moving;
  bool committing = false;
  ChangeWatch::State before;  // of the transaction
};

Namespace::Namespace(std::string id, const Parts& parts)
    : id_(std::move(id)),
      parts_(parts),
      watched_(std::make_unique<Watched>()),
      readers_([this] { return Open(OpenMode::kRead); }, kIdleReaders),
      writer_(
          parts.commits, [this] { return Open(OpenMode::kCreate); },
          [&] {
            sqlite::GroupWriterOptions options = parts.writer;
            options.observer = this;
            return options;
          }()) {}

Namespace::~Namespace() {
  writer_.Flush();
  parts_.cache->Remove(watched_->space);
}

int64_t Namespace::Now() const { return parts_.clock.Now(); }

uint64_t Namespace::cache_hits() const { return watched_->space.hits(); }
int64_t Namespace::cached_bytes() const { return watched_->space.bytes(); }

Result<std::unique_ptr<Database>> Namespace::Open(OpenMode mode) {
  if (mode == OpenMode::kCreate) {
    if (auto made = parts_.directory.Create("kv"); !made) return std::unexpected(std::move(made).error());
  }
  const std::string path = parts_.directory.DatabasePath("kv", id_);
  auto database = Database::Open(path, StoreOptions(mode, parts_.vfs));
  if (!database && database.error().code == SQLITE_READONLY && mode == OpenMode::kRead) {
    // An older file: opening it for writing brings it up to date.
    if (auto updated = Database::Open(path, StoreOptions(OpenMode::kWrite, parts_.vfs)); !updated) return updated;
    database = Database::Open(path, StoreOptions(mode, parts_.vfs));
  }
  if (database) Watch();
  return database;
}

void Namespace::Watch() {
  if (watched_->watch.load(std::memory_order_acquire)) return;
  std::lock_guard lock(watched_->mutex);
  if (watched_->owned || watched_->impossible) return;
  auto database = Database::Open(parts_.directory.DatabasePath("kv", id_), StoreOptions(OpenMode::kRead, parts_.vfs));
  // The first read is what maps the memory. When it fails, the next who opens the file tries again.
  if (!database || !Store::Read(**database, "", 0)) return;
  watched_->owned = ChangeWatch::Create(*std::move(database));
  watched_->impossible = !watched_->owned;
  watched_->watch.store(watched_->owned.get(), std::memory_order_release);
}

uint64_t Namespace::State() const {
  const ChangeWatch* watch = watched_->watch.load(std::memory_order_acquire);
  return watch ? watch->Fingerprint() : 0;
}

// --- Reads

bool Namespace::TryGet(std::string_view key, ValuePtr* value) {
  uint64_t state = State();
  if (state == 0 || !parts_.cache->Find(watched_->space, state, key, value)) return false;
  if (*value && (*value)->expired(Now())) value->reset();
  return true;
}

void Namespace::Settle(uint64_t state) {
  Cache::Space& space = watched_->space;
  if (space.stamp() == state) return;
  std::lock_guard lock(watched_->moving);
  if (watched_->committing || space.stamp() == state || State() != state) return;
  parts_.cache->BeginChange(space);
  parts_.cache->ForgetAll(space);
  parts_.cache->EndChange(space, state);
}

Result<std::vector<ValuePtr>> Namespace::GetNow(std::span<const std::string> keys, uint64_t max_bytes) {
  used_.store(true, std::memory_order_relaxed);
  queries_.fetch_add(1, std::memory_order_relaxed);
  std::vector<ValuePtr> values(keys.size());
  auto lease = readers_.Acquire();
  if (!lease) {
    if (lease.error().code == sqlite::kMissing) return values;
    return std::unexpected(std::move(lease).error());
  }
  uint64_t before = State();
  std::optional<sqlite::Error> error;
  {
    // One statement is a view of its own; several need one in common.
    std::optional<sqlite::Transaction> view;
    if (keys.size() > 1) {
      auto begun = sqlite::Transaction::BeginRead(**lease);
      if (!begun) return std::unexpected(std::move(begun).error());
      view.emplace(*std::move(begun));
    }
    uint64_t left = max_bytes;
    for (size_t i = 0; i < keys.size(); ++i) {
      auto value = Store::Read(**lease, keys[i], left);
      if (!value) {
        error = std::move(value).error();
        break;
      }
      if (*value) left -= (*value)->size();
      values[i] = *std::move(value);
    }
  }
  if (error) {
    if (error->code != SQLITE_TOOBIG && error->code != sqlite::kOverloaded) lease->Discard();
    return std::unexpected(*std::move(error));
  }
  // Nothing was committed while this was read: it is what is there in that state.
  if (before != 0 && State() == before) {
    Settle(before);
    for (size_t i = 0; i < keys.size(); ++i) parts_.cache->Fill(watched_->space, before, keys[i], values[i]);
  }
  int64_t now = Now();
  for (ValuePtr& value : values) {
    if (value && value->expired(now)) value.reset();
  }
  return values;
}

void Namespace::Get(std::vector<std::string> keys, uint64_t max_bytes, GetDone done) {
  parts_.reads.PostFunction(
      [self = shared_from_this(), keys = std::move(keys), max_bytes, done = std::move(done)]() mutable {
        int64_t start = sqlite::ThreadCpuNs();
        auto values = self->GetNow(keys, max_bytes);
        done(std::move(values), sqlite::ThreadCpuNs() - start);
      });
}

Result<ListPage> Namespace::ListNow(const ListRequest& request) {
  used_.store(true, std::memory_order_relaxed);
  auto lease = readers_.Acquire();
  if (!lease) {
    if (lease.error().code == sqlite::kMissing) return ListPage();
    return std::unexpected(std::move(lease).error());
  }
  auto page = Store::List(**lease, request, Now());
  if (!page) lease->Discard();
  return page;
}

void Namespace::List(ListRequest request, ListDone done) {
  parts_.reads.PostFunction(
      [self = shared_from_this(), request = std::move(request), done = std::move(done)]() mutable {
        int64_t start = sqlite::ThreadCpuNs();
        auto page = self->ListNow(request);
        done(std::move(page), sqlite::ThreadCpuNs() - start);
      });
}

Result<> Namespace::Check() {
  auto lease = readers_.Acquire();
  if (!lease) {
    if (lease.error().code == sqlite::kMissing) return {};
    return std::unexpected(std::move(lease).error());
  }
  return {};
}

// --- Writes

class Namespace::PutJob final : public sqlite::WriteJob {
 public:
  PutJob(Namespace* owner, std::string key, ValuePtr value, WriteDone done)
      : WriteJob(MemoryOf(value)),
        owner_(owner),
        key_(std::move(key)),
        value_(std::move(value)),
        done_(std::move(done)) {}

  Result<> Run(Database& database) override {
    if (auto written = Store::Write(database, key_, *value_); !written) return written;
    owner_->Changed(key_, value_, single_statement());
    return {};
  }
  void Done(Result<> result) override { done_(std::move(result)); }
  [[nodiscard]] bool single_statement() const override { return value_->is_short(); }

 private:
  Namespace* const owner_;  // which waits for its writer
  const std::string key_;
  const ValuePtr value_;
  WriteDone done_;
};

class Namespace::PutManyJob final : public sqlite::WriteJob {
 public:
  PutManyJob(Namespace* owner, std::vector<std::pair<std::string, ValuePtr>> entries, size_t bytes, WriteDone done)
      : WriteJob(bytes), owner_(owner), entries_(std::move(entries)), done_(std::move(done)) {}

  Result<> Run(Database& database) override {
    for (const auto& [key, value] : entries_) {
      if (auto written = Store::Write(database, key, *value); !written) return written;
      owner_->Changed(key, nullptr, false);
    }
    return {};
  }
  void Done(Result<> result) override { done_(std::move(result)); }

 private:
  Namespace* const owner_;
  const std::vector<std::pair<std::string, ValuePtr>> entries_;
  WriteDone done_;
};

class Namespace::DeleteJob final : public sqlite::WriteJob {
 public:
  DeleteJob(Namespace* owner, std::vector<std::string> keys, WriteDone done)
      : WriteJob(256 * keys.size()), owner_(owner), keys_(std::move(keys)), done_(std::move(done)) {}

  Result<> Run(Database& database) override {
    for (const std::string& key : keys_) {
      if (auto deleted = Store::Delete(database, key); !deleted) return deleted;
      owner_->Changed(key, nullptr, single_statement());
    }
    return {};
  }
  void Done(Result<> result) override { done_(std::move(result)); }
  [[nodiscard]] bool single_statement() const override { return keys_.size() == 1; }

 private:
  Namespace* const owner_;
  const std::vector<std::string> keys_;
  WriteDone done_;
};

class Namespace::SweepJob final : public sqlite::WriteJob {
 public:
  explicit SweepJob(Namespace* owner) : owner_(owner) {}

  Result<> Run(Database& database) override {
    auto count = Store::Sweep(database, owner_->Now(), kSweepStep);
    if (!count) return std::unexpected(std::move(count).error());
    again_ = *count == kSweepStep;
    return {};
  }
  // What is cached of them has expired as well.
  void Done(Result<> result) override {
    if (result && again_) (void)owner_->writer_.Submit(std::make_unique<SweepJob>(owner_));
  }
  [[nodiscard]] bool single_statement() const override { return true; }

 private:
  Namespace* const owner_;
  bool again_ = false;
};

Result<> Namespace::Put(std::string key, ValuePtr value, WriteDone done) {
  return writer_.Submit(std::make_unique<PutJob>(this, std::move(key), std::move(value), std::move(done)));
}

Result<> Namespace::PutMany(std::vector<std::pair<std::string, ValuePtr>> entries, WriteDone done) {
  size_t bytes = 0;
  for (const auto& [key, value] : entries) bytes += MemoryOf(value);
  return writer_.Submit(std::make_unique<PutManyJob>(this, std::move(entries), bytes, std::move(done)));
}

Result<> Namespace::Delete(std::vector<std::string> keys, WriteDone done) {
  return writer_.Submit(std::make_unique<DeleteJob>(this, std::move(keys), std::move(done)));
}

void Namespace::Sweep() {
  // A look that takes no lock, before one that does.
  auto lease = readers_.Acquire();
  if (!lease) return;
  auto statement = (*lease)->Prepare("SELECT 1 FROM entries WHERE expiration IS NOT NULL AND expiration <= ?1 LIMIT 1");
  if (!statement) return;
  auto row = statement->Bind(1, Now()).Step();
  if (row && *row) (void)writer_.Submit(std::make_unique<SweepJob>(this));
}

void Namespace::CloseIdle() {
  if (!used_.exchange(false, std::memory_order_relaxed)) readers_.Clear();
}

// --- What the writer changes, and the cache

void Namespace::Changed(std::string_view key, ValuePtr value, bool known) {
  changes_.push_back({std::string(key), std::move(value), known});
}

void Namespace::OnBegin(Database&) {
  changes_.clear();
  used_.store(true, std::memory_order_relaxed);
  const ChangeWatch* watch = watched_->watch.load(std::memory_order_acquire);
  if (!watch) return;
  std::lock_guard lock(watched_->moving);
  watched_->committing = true;
  // Nobody can commit now: whatever others have done since the stamp was set is in this state.
  watched_->before = watch->Read();
  Cache::Space& space = watched_->space;
  if (space.stamp() == watched_->before.fingerprint) return;
  parts_.cache->BeginChange(space);
  parts_.cache->ForgetAll(space);
  parts_.cache->EndChange(space, watched_->before.fingerprint);
}

void Namespace::OnCommit(Database&) {
  const ChangeWatch* watch = watched_->watch.load(std::memory_order_acquire);
  if (!watch) return;
  std::lock_guard lock(watched_->moving);
  watched_->committing = false;
  ChangeWatch::State after = watch->Read();
  if (after.fingerprint == watched_->before.fingerprint) return;  // nothing was there to change
  Cache& cache = *parts_.cache;
  Cache::Space& space = watched_->space;
  cache.BeginChange(space);
  // Only this commit lies between the two states, or else somebody else's as well.
  bool ours = after.stable && after.commits == watched_->before.commits + 1;
  if (ours) {
    for (Change& change : changes_) {
      if (change.known) {
        cache.Change(space, change.key, std::move(change.value));
      } else {
        cache.Forget(space, change.key);
      }
    }
  } else {
    cache.ForgetAll(space);
  }
  changes_.clear();
  // In the middle of somebody else's: the next read sorts it out.
  if (after.stable) cache.EndChange(space, after.fingerprint);
}

void Namespace::OnRollback() {
  changes_.clear();
  std::lock_guard lock(watched_->moving);
  watched_->committing = false;
}

}  // namespace verge::kv
