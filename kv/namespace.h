// One namespace: keys and values in a file of their own.
#ifndef KV_NAMESPACE_H_
#define KV_NAMESPACE_H_

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kv/clock.h"
#include "kv/value.h"
#include "sqlite/connection_pool.h"
#include "sqlite/error.h"
#include "sqlite/group_writer.h"
#include "sqlite/state_directory.h"
#include "sqlite/thread_pool.h"

namespace verge::kv {

class Cache;
class Service;

// Any thread, all of it; what is checked by kv/rules.h is checked by the caller. Reads are consistent: what was
// acknowledged before a read began is seen by it, whichever thread, worker or process wrote it.
//
// Callbacks come on a thread of one of the pools, exactly once, possibly before the call that asked for them returns.
class Namespace final : public std::enable_shared_from_this<Namespace>, private sqlite::WriteObserver {
 public:
  ~Namespace();
  Namespace(const Namespace&) = delete;
  Namespace& operator=(const Namespace&) = delete;

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] int64_t Now() const;

  // --- Reads

  // True: the value is known without a query (null: there is none). A few hundred nanoseconds, and never blocks.
  bool TryGet(std::string_view key, ValuePtr* value);

  // The values of keys, in their order. `max_bytes`: SQLITE_TOOBIG when they are longer altogether.
  // The callback is also told how much CPU time it took, in nanoseconds.
  using GetDone = std::move_only_function<void(sqlite::Result<std::vector<ValuePtr>>, int64_t cpu_ns)>;
  void Get(std::vector<std::string> keys, uint64_t max_bytes, GetDone done);
  // The same in place: blocks.
  sqlite::Result<std::vector<ValuePtr>> GetNow(std::span<const std::string> keys, uint64_t max_bytes);

  using ListDone = std::move_only_function<void(sqlite::Result<ListPage>, int64_t cpu_ns)>;
  void List(ListRequest request, ListDone done);
  sqlite::Result<ListPage> ListNow(const ListRequest& request);

  // --- Writes. The callback comes when the change is on the disk, or with why it is not. An Error instead: too much is
  // waiting already, and the callback is gone.
  using WriteDone = std::move_only_function<void(sqlite::Result<>)>;
  sqlite::Result<> Put(std::string key, ValuePtr value, WriteDone done);
  sqlite::Result<> Delete(std::vector<std::string> keys, WriteDone done);
  // All or none of them.
  sqlite::Result<> PutMany(std::vector<std::pair<std::string, ValuePtr>> entries, WriteDone done);

  // Waits for a write: for programs that have nothing else to do. Not on a thread of a pool.
  template <typename Start>
  static sqlite::Result<> Wait(Start start);

  // Removes what has expired, some at a time, as long as there is any.
  void Sweep();
  // What nobody has used since the last call is closed: connections for reading.
  void CloseIdle();

  // Whether the file can be used. A file that is not there can.
  sqlite::Result<> Check();

  // --- For tests and figures.
  [[nodiscard]] uint64_t cache_hits() const;
  [[nodiscard]] int64_t cached_bytes() const;
  [[nodiscard]] uint64_t queries() const { return queries_.load(std::memory_order_relaxed); }

 private:
  friend class Service;
  struct Watched;
  class PutJob;
  class PutManyJob;
  class DeleteJob;
  class SweepJob;

  struct Parts {
    const sqlite::StateDirectory& directory;
    sqlite::ThreadPool& commits;
    sqlite::ThreadPool& reads;
    std::shared_ptr<Cache> cache;  // reads that are under way outlive the service
    const Clock& clock;
    const char* vfs;
    sqlite::GroupWriterOptions writer;
  };
  Namespace(std::string id, const Parts& parts);

  sqlite::Result<std::unique_ptr<sqlite::Database>> Open(sqlite::OpenMode mode);
  // Sees to it that changes of others are noticed, once the file is there.
  void Watch();
  [[nodiscard]] uint64_t State() const;
  // A read was made in `state`: what is cached holds for another one, of a time before somebody else's change.
  void Settle(uint64_t state);
  // For the writer's transaction.
  void Changed(std::string_view key, ValuePtr value, bool known);

  // sqlite::WriteObserver
  void OnBegin(sqlite::Database& database) override;
  void OnCommit(sqlite::Database& database) override;
  void OnRollback() override;

  const std::string id_;
  const Parts parts_;
  const std::unique_ptr<Watched> watched_;
  std::atomic<uint64_t> queries_{0};
  std::atomic<bool> used_{false};

  // Of the write transaction that is running; on the writer's thread.
  struct Change {
    std::string key;
    ValuePtr value;
    bool known;
  };
  std::vector<Change> changes_;

  sqlite::ConnectionPool readers_;
  sqlite::GroupWriter writer_;
};

template <typename Start>
sqlite::Result<> Namespace::Wait(Start start) {
  struct Shared {
    std::mutex mutex;
    std::condition_variable told;
    std::optional<sqlite::Result<>> result;
  } shared;
  sqlite::Result<> started = start([&shared](sqlite::Result<> result) {
    std::lock_guard lock(shared.mutex);
    shared.result = std::move(result);
    shared.told.notify_all();
  });
  if (!started) return started;
  std::unique_lock lock(shared.mutex);
  shared.told.wait(lock, [&shared] { return shared.result.has_value(); });
  return *std::move(shared.result);
}

}  // namespace verge::kv

#endif  // KV_NAMESPACE_H_
