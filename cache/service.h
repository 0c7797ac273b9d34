// The store of a process: memory over disk, many owners, all threads.
//
//   auto service = cache::Service::Create({.folder = "…/cache"});
//   auto names = service->Open("tenant", "default");
//   cache::Found found = names->Find(url, request_fields);
//   if (!found.entry && found.on_disk) names->Load(url, request_fields, executor, [](Found found) { … });
//
// It stores what it is told to store and hands out what it has; what that is good for is decided with the pure
// functions (storing.h, freshness.h, plan.h).
//
// **Threads.** Everything may be called from any thread. Callbacks run on the thread of the executor that was given.
// **Lifetimes.** Namespaces, entries, writers, leases and flights keep what they need of the service alive; the
// service's destructor waits for what is being written to disk.
#ifndef CACHE_SERVICE_H_
#define CACHE_SERVICE_H_

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/entry.h"
#include "cache/executor.h"
#include "cache/fields.h"
#include "cache/flight.h"
#include "cache/lease.h"
#include "cache/listing.h"
#include "cache/time.h"
#include "cache/writer.h"

namespace verge::cache {

struct Options {
  // Where the disk tier lives; created when the first object is written. Empty: memory only. One process at a time has
  // it; another one caches in memory only.
  std::filesystem::path folder{};

  uint64_t memory_bytes = uint64_t{256} << 20;         // in all
  uint64_t owner_memory_bytes = uint64_t{64} << 20;    // of each owner
  uint64_t disk_bytes = uint64_t{8} << 30;             // in all
  uint64_t owner_disk_bytes = uint64_t{2} << 30;       // of each owner
  uint64_t object_bytes = uint64_t{512} << 20;         // the largest body
  uint64_t resident_object_bytes = uint64_t{4} << 20;  // the largest body that is kept in memory when there is a disk
  uint32_t variants = 64;                              // kept for one key; the oldest go first

  // How long a refresh may take before another caller may try, and how long nobody tries again after one that failed.
  Seconds refresh_time{30};
  Seconds refresh_pause{1};

  const Clock* clock = &Clock::System();

  // Says in one line what an operator should know (an index that cannot be read, a full disk). Any thread. Null:
  // nobody.
  std::function<void(std::string_view line)> log{};

  std::string vfs{};  // SQLite's file system for the index, for tests
};

// What happened so far; for metrics.
struct Counters {
  uint64_t hits = 0;       // found in memory
  uint64_t disk_hits = 0;  // found on disk, or on the way there
  uint64_t misses = 0;
  uint64_t stale = 0;  // as counted with CountStale
  uint64_t stores = 0;
  uint64_t refused = 0;    // stores that were given up: too large, no room
  uint64_t evictions = 0;  // from memory
  uint64_t disk_evictions = 0;
  uint64_t disk_failures = 0;  // writes that failed
  uint64_t corrupt = 0;        // objects on disk that were not what had been written, and were removed
  uint64_t memory_bytes = 0;   // now
  uint64_t disk_bytes = 0;     // now
  uint64_t objects = 0;        // in memory, now
  uint64_t disk_objects = 0;   // now
};

struct Found {
  EntryRef entry;            // null: not in memory
  bool on_disk = false;      // entry is null, but the disk may have it: Load
  bool invalidated = false;  // a soft purge has hit it since: pass it to Judge
};

enum class PurgeKind : uint8_t {
  kEverything,
  kTag,     // `text` is a cache tag, any case
  kPrefix,  // `text` is what URLs begin with, with or without the scheme: "https://example.com/a", "example.com/a"
};
struct PurgeRequest {
  PurgeKind kind = PurgeKind::kEverything;
  std::string text;
  bool soft = false;  // entries stay, and have to be revalidated before they are used
};

struct StoreRequest {
  std::string key;
  Metadata metadata;
  std::optional<uint64_t> length;  // of the body, if known: refused at once if it is too large
  uint64_t ticket = 0;             // Namespace::Ticket of when the response was asked for; 0: now
};

class ServiceCore;  // service_core.h
class NamespaceCore;

// The entries of one owner (a tenant's worker) below one name. Cheap to keep; owners never see each other's entries.
class Namespace {
 public:
  Namespace(std::shared_ptr<ServiceCore> service, std::shared_ptr<NamespaceCore> core);
  ~Namespace();
  Namespace(const Namespace&) = delete;
  Namespace& operator=(const Namespace&) = delete;

  // The variant for these request fields (the latest, if several fit) from memory. Takes well under a microsecond, one
  // short lock, and copies nothing. `any_variant`: Vary is not looked at (the Cache API's rule).
  enum class Vary : uint8_t { kHonour, kIgnore };
  Found Find(std::string_view key, Fields request, Vary vary = Vary::kHonour);

  // The same from disk, when Find said on_disk. An entry whose body is not too large for it is in memory then.
  void Load(std::string_view key, Fields request, Vary vary, std::shared_ptr<Executor> executor,
            std::move_only_function<void(Found)> done);

  // Now, in the order of stores and purges. An object whose ticket is older than a purge that fits it is purged,
  // whenever it is committed: taken before the origin is asked, it keeps content from before a purge out.
  [[nodiscard]] uint64_t Ticket();

  // Begins to store an object. It is found (and replaces the one with its key and variant) from Commit on. An error
  // says why it is refused.
  std::expected<std::shared_ptr<Writer>, StoreError> Begin(StoreRequest request);

  // The same in one step, for a body that is all there. Null: refused.
  EntryRef Put(StoreRequest request, http::Bytes body);

  // New metadata for an entry that was validated (RFC 9111, 4.3.4), which keeps its body. `ticket`: of when the origin
  // was asked; 0: now. The new entry; null if the old one was purged, or something later is stored.
  EntryRef Update(const EntryRef& entry, Metadata metadata, uint64_t ticket = 0);

  // Drops all variants of a key; `done` (may be null) hears whether there was one.
  void Remove(std::string_view key, std::shared_ptr<Executor> executor = nullptr,
              std::move_only_function<void(bool existed)> done = nullptr);

  // Drops one entry (if it is still the one that is stored).
  void RemoveEntry(const EntryRef& entry);

  // Takes effect before it returns. The entries' room is given back in the background. `done` (may be null) hears when
  // it will outlive this process, too.
  void Purge(const PurgeRequest& request, std::shared_ptr<Executor> executor = nullptr, Task done = nullptr);

  // The duty to refresh a stale entry: one caller has it at a time. nullopt: somebody else does, or did and failed a
  // moment ago.
  std::optional<RefreshLease> TryBeginRefresh(const EntryRef& entry);
  std::optional<RefreshLease> TryBeginRefresh(std::string_view key);

  // Request collapsing: the first for a key leads (engaged: it has to ask the origin), others wait for what it
  // publishes. `waiter` is called once, if and only if nullopt is returned.
  std::optional<Flight> JoinFlight(std::string_view key, std::shared_ptr<Executor> executor, FlightWaiter waiter);

  void CountStale();

 private:
  const std::shared_ptr<ServiceCore> service_;
  const std::shared_ptr<NamespaceCore> core_;
};

class Service {
 public:
  // Never fails: a folder or index that cannot be used is logged, and the cache works without it.
  static std::shared_ptr<Service> Create(Options options);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // The same owner and name give the same namespace. Both are any text.
  std::shared_ptr<Namespace> Open(std::string_view owner, std::string_view name);

  // In all namespaces of an owner.
  void Purge(std::string_view owner, const PurgeRequest& request, std::shared_ptr<Executor> executor = nullptr,
             Task done = nullptr);

  // Those that have opened a namespace since the start, or have objects on disk; sorted.
  [[nodiscard]] std::vector<std::string> Owners() const;

  // A page of what an owner has in memory and on disk. Bounded: a page may have few entries, or none, and not be the
  // last.
  void List(std::string_view owner, ListRequest request, std::shared_ptr<Executor> executor,
            std::move_only_function<void(ListPage)> done);

  [[nodiscard]] Counters counters() const;

  // What one owner holds now.
  struct Usage {
    uint64_t memory_bytes = 0;
    uint64_t disk_bytes = 0;
  };
  [[nodiscard]] Usage usage(std::string_view owner) const;

  // Waits until what has been stored so far is on disk, or has failed to get there. For tests and command lines.
  void Flush();

  // The same, and ends the threads that write: from then on the cache is in memory only. The destructor does it, too;
  // who may not be the last to have the service calls it. Not on a thread of the cache's.
  void Close();

  [[nodiscard]] const Clock& clock() const;

 private:
  explicit Service(std::shared_ptr<ServiceCore> core);
  const std::shared_ptr<ServiceCore> core_;
};

}  // namespace verge::cache

#endif  // CACHE_SERVICE_H_
