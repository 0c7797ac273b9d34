// The entries that are on disk: an index (index.h) and files for bodies that are not small (object_file.h), written
// behind the memory tier and read when that has nothing.
//
// **What is on disk is right or it is not there.** Nothing is synced for each object. A file is written under another
// name, renamed, and only then listed in the index; records and blocks carry checksums. So whatever a crash, a full
// disk or a failing one leaves is found out when it is read: a miss, and the object is removed.
//
// **Order.** All changes of the index go through one writer, in the order in which they were asked for. A store whose
// file takes a while can be overtaken; it is *pending* meanwhile, and what replaces or removes it says so to it. A load
// that has read something which is removed while it is on its way is void.
//
// **When the disk cannot be used** (another process has the folder, it is read-only, the index breaks) there is one
// line in the log, and the cache works in memory.
#ifndef CACHE_DISK_DISK_TIER_H_
#define CACHE_DISK_DISK_TIER_H_

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "cache/disk/index.h"
#include "cache/disk/object_file.h"
#include "cache/disk/presence.h"
#include "cache/disk/record.h"
#include "cache/disk/threads.h"
#include "cache/executor.h"
#include "cache/listing.h"
#include "cache/namespace_core.h"
#include "cache/service.h"
#include "sqlite/connection_pool.h"
#include "sqlite/group_writer.h"

namespace verge::cache {

class Spill;

// A look-up that may have to wait for the disk.
struct LoadRequest {
  LoadRequest(std::shared_ptr<ServiceCore> core, std::shared_ptr<NamespaceCore> space, std::string_view key,
              Fields request, bool any_variant, std::shared_ptr<Executor> executor,
              std::move_only_function<void(Found)> done);

  void Answer(Found found);

  const std::shared_ptr<ServiceCore> core;
  const std::shared_ptr<NamespaceCore> space;
  const std::string key;
  const uint64_t hash;
  const FieldList fields;
  const bool any_variant;
  const std::shared_ptr<Executor> executor;
  std::move_only_function<void(Found)> done;
  bool alone = false;  // waits for no other load
};

struct DiskCounters {
  uint64_t hits = 0;
  uint64_t evictions = 0;
  uint64_t failures = 0;
  uint64_t corrupt = 0;
  uint64_t bytes = 0;
  uint64_t objects = 0;
};

// Thread-safe. Made and closed by the service's core, which outlives it.
class DiskTier final : private sqlite::WriteObserver {
 public:
  explicit DiskTier(ServiceCore& core);
  ~DiskTier();
  DiskTier(const DiskTier&) = delete;
  DiskTier& operator=(const DiskTier&) = delete;

  // Opens what an earlier process has left, before anything else is called. Without it the folder is made with the
  // first object.
  void OpenExisting();

  [[nodiscard]] bool usable() const { return !off_.load(std::memory_order_relaxed); }

  // Whether it may have something for that hash. No I/O.
  [[nodiscard]] bool MayHave(uint64_t hash) const;

  // Writes an entry whose body is complete and in memory, in the background.
  void Store(const std::shared_ptr<NamespaceCore>& space, uint64_t hash, const EntryRef& entry);

  // For bodies that do not stay in memory. Null: the disk cannot be used.
  std::shared_ptr<Spill> BeginSpill(const std::shared_ptr<NamespaceCore>& space, uint64_t hash, const EntryRef& entry);

  void Load(std::shared_ptr<LoadRequest> request);

  // `updated` has the body of `old`.
  void Update(const std::shared_ptr<NamespaceCore>& space, uint64_t hash, const EntryRef& old, const EntryRef& updated);

  // What the owner has from there on in the order of pages. Reads the disk.
  ListedPart List(const OwnerCore& owner, uint64_t from);
  // Runs a task on a thread that may wait for the disk. False: there is none, and it is dropped.
  bool PostRead(Task task);

  // What is to be removed is void for loads from the first call on; the memory tier is cleared between the two.
  void BeginRemove(uint64_t hash, uint64_t up_to_sequence);
  // `done` hears, on a thread of the disk's, whether there was something that was not purged.
  void Remove(const std::shared_ptr<NamespaceCore>& space, uint64_t hash, uint64_t up_to_sequence,
              std::optional<uint64_t> exactly, std::move_only_function<void(bool existed)> done);

  // A purge that is in the owner's log already. `done` (may be null) hears when it is on disk. `all`: the owner's other
  // marks are void.
  void Purge(const OwnerCore& owner, const PurgeMark& mark, bool all, std::move_only_function<void()> done);

  // Waits for all that was asked for.
  void Flush();
  // The same, and then nothing more is done.
  void Close();

  [[nodiscard]] DiskCounters counters() const;

 private:
  friend class Spill;

  static constexpr size_t kWriteThreads = 2;
  static constexpr size_t kReadThreads = 4;
  // What may wait to be written. Beyond that objects stay in memory only.
  static constexpr uint64_t kMostQueuedBytes = uint64_t{64} << 20;

  // An object on its way to the disk.
  struct Pending {
    std::shared_ptr<NamespaceCore> space;
    uint64_t hash = 0;
    EntryRef entry;  // under the mutex: Update changes it
    int64_t id = 0;
    RecordBody body;
    uint64_t queued_bytes = 0;
    bool resident = true;    // false: it leaves the memory when it is on disk
    bool listed = false;     // under the mutex: committed, and not in the index yet
    bool cancelled = false;  // under the mutex
  };
  using PendingRef = std::shared_ptr<Pending>;
  struct LoadState {
    uint64_t voided = 0;  // what it finds is void up to that sequence
    std::vector<std::shared_ptr<LoadRequest>> waiting;
  };
  struct Removal {
    uint64_t sequence = 0;
    int count = 0;
  };
  // A row that is gone from the index, once the transaction is committed.
  struct Gone {
    int64_t id = 0;
    int64_t owner = 0;
    uint64_t hash = 0;
    uint64_t bytes = 0;
    bool in_file = false;
  };
  static Gone GoneOf(const IndexRow& row) { return {row.id, row.owner, row.hash, row.bytes, row.in_file}; }
  enum class Notice : uint8_t { kWriteFailed, kDamaged };

  class Job;
  using Change = std::move_only_function<sqlite::Result<>(sqlite::Database&)>;
  using Told = std::move_only_function<void(const sqlite::Result<>&)>;

  // ---- disk_open.cc
  bool EnsureOpen();
  bool OpenNow();
  sqlite::Result<> OpenIndex();
  sqlite::Result<> ReadIndex(sqlite::Database& database);
  void MoveIndexAside();
  void TurnOff(const std::string& reason);
  void Say(Notice notice, const std::string& line);
  void OnError(const sqlite::Error& error);
  [[nodiscard]] std::string PathOf(int64_t id) const;
  [[nodiscard]] std::string TemporaryPathOf(int64_t id) const;
  std::expected<std::shared_ptr<ObjectFile>, int> CreateFile(int64_t id, const BlockKey& key);
  int PublishFile(int64_t id);
  void RemoveFile(int64_t id);
  [[nodiscard]] BlockKey KeyOf(uint64_t nonce) const;

  // ---- disk_tier.cc, disk_change.cc
  void Submit(size_t bytes, Change change, Told told);

  PendingRef MakePending(const std::shared_ptr<NamespaceCore>& space, uint64_t hash, const EntryRef& entry,
                         bool in_file, bool resident);
  // It is committed: found by loads, and told when it is replaced or removed.
  void List(const PendingRef& pending);
  void WriteFile(const PendingRef& pending);
  void SubmitStore(const PendingRef& pending);
  sqlite::Result<> RunStore(sqlite::Database& database, const PendingRef& pending, std::vector<Gone>* gone,
                            IndexRow* inserted);
  void Finish(const PendingRef& pending, bool stored);
  void FileFailed(const PendingRef& pending, int error);
  void Account(const IndexRow& inserted, const std::shared_ptr<OwnerCore>& owner);
  void Forget(std::span<const Gone> gone);
  [[nodiscard]] std::shared_ptr<OwnerCore> OwnerOf(int64_t id);
  void Began();
  void Ended();

  // ---- disk_load.cc
  struct Loaded {
    EntryRef entry;
    PurgeEffect effect = PurgeEffect::kNone;
    bool resident = false;
  };
  void RunLoad(const std::shared_ptr<LoadRequest>& request, const std::shared_ptr<LoadState>& state);
  Loaded ReadObject(const LoadRequest& request);
  EntryRef ReadBody(sqlite::ConnectionPool::Lease& connection, const IndexRow& row, Record record, bool* resident);
  void Damaged(const Gone& row);
  void Missing(const Gone& row);
  void Touch(int64_t id);

  // ---- disk_upkeep.cc
  void CountAll();
  void EvictIfFull();
  sqlite::Result<> RunEvict(sqlite::Database& database, std::vector<Gone>* gone);
  sqlite::Result<> EvictSome(sqlite::Database& database, int64_t owner, uint64_t excess, std::vector<Gone>* gone);
  void StartSweep();
  void SweepFrom(int64_t after);
  void RemoveOrphans();

  void OnBegin(sqlite::Database& database) override;
  void OnCommit(sqlite::Database& database) override;
  void OnRollback() override {}

  ServiceCore& core_;
  const std::string folder_;
  const std::string index_path_;
  std::shared_ptr<DiskThreads> writes_;
  std::shared_ptr<DiskThreads> reads_;
  std::unique_ptr<sqlite::ThreadPool> commits_;
  std::unique_ptr<sqlite::GroupWriter> writer_;
  std::unique_ptr<sqlite::ConnectionPool> connections_;

  std::mutex open_mutex_;
  int lock_fd_ = -1;
  std::atomic<bool> open_{false};
  std::atomic<bool> off_{false};
  std::atomic<bool> ready_{true};  // what is on disk has been counted
  bool checkpoint_ = false;        // on the commit thread: something of the group has to survive a power cut

  Presence presence_;
  std::atomic<uint64_t> bytes_{0};
  std::atomic<uint64_t> objects_{0};
  std::atomic<uint64_t> hits_{0};
  std::atomic<uint64_t> evictions_{0};
  std::atomic<uint64_t> failures_{0};
  std::atomic<uint64_t> corrupt_{0};
  std::atomic<uint64_t> shrink_to_{UINT64_MAX};  // bytes; less than the limit after the disk was full
  std::atomic<bool> evicting_{false};

  mutable std::mutex mutex_;
  std::condition_variable quiet_;
  size_t outstanding_ = 0;
  uint64_t queued_bytes_ = 0;
  std::mt19937_64 ids_;
  std::unordered_multimap<uint64_t, PendingRef> pending_;
  std::unordered_set<int64_t> writing_;  // ids of files that are not in the index yet
  std::unordered_map<uint64_t, Removal> removals_;
  std::unordered_multimap<uint64_t, std::shared_ptr<LoadState>> loads_;
  std::unordered_map<int64_t, std::shared_ptr<OwnerCore>> owners_;
  std::unordered_map<const OwnerCore*, int64_t> owner_ids_;
  std::vector<int64_t> touched_;
  std::array<bool, 2> said_{};  // by Notice
  bool sweeping_ = false;
  bool sweep_again_ = false;
};

}  // namespace verge::cache

#endif  // CACHE_DISK_DISK_TIER_H_
