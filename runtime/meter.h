// What workers use, counted for a bill and for graphs.
//
// Each worker has a WorkerMeter on each shard that it has run on. The shard's thread adds to it, which costs what an
// addition to a plain number does; any thread may read. Meters are never taken away: their counts go on when an isolate
// is replaced, when the worker is given up and comes back, and when another version takes its place.
#ifndef RUNTIME_METER_H_
#define RUNTIME_METER_H_

#include <v8.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/exceeded.h"

namespace verge::runtime {

// A count that one thread adds to and any may read.
class Tally {
 public:
  void Add(uint64_t count = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }
  void Set(uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  [[nodiscard]] uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// Durations: how many fell into each of some ranges, and their sum.
class DurationTally {
 public:
  // Upper bounds in nanoseconds; what is longer falls into one more range.
  static constexpr std::array<uint64_t, 14> kBounds = {
      100'000,    500'000,     1'000'000,   2'500'000,   5'000'000,     10'000'000,    25'000'000,
      50'000'000, 100'000'000, 250'000'000, 500'000'000, 1'000'000'000, 5'000'000'000, 30'000'000'000,
  };

  void Add(uint64_t ns) {
    size_t range = 0;
    while (range < kBounds.size() && ns > kBounds[range]) ++range;
    ranges_[range].Add();
    sum_.Add(ns);
  }
  [[nodiscard]] uint64_t range(size_t index) const { return ranges_[index].value(); }
  [[nodiscard]] uint64_t sum_ns() const { return sum_.value(); }

 private:
  std::array<Tally, kBounds.size() + 1> ranges_;
  Tally sum_;
};

// How an event ended, in the words of Workers platforms.
enum class EventOutcome : uint8_t {
  kOk,
  kException,  // the worker threw, hung, or its response's stream failed
  kExceededCpu,
  kExceededMemory,
  kExceededWallTime,
  kCanceled,       // the client left before there was a response
  kDisconnected,   // and while the response was on its way
  kInternalError,  // the worker could not be started
};
inline constexpr size_t kEventOutcomes = 8;
std::string_view NameOf(EventOutcome outcome);

// What the answer of a cache was, in the words of Cf-Cache-Status.
enum class CacheOutcome : uint8_t { kHit, kStale, kMiss, kOther };
inline constexpr size_t kCacheOutcomes = 4;
std::string_view NameOf(CacheOutcome outcome);
CacheOutcome CacheOutcomeOf(std::string_view status);

enum class StorageKind : uint8_t { kKvRead, kKvWrite, kD1 };
inline constexpr size_t kStorageKinds = 3;
std::string_view NameOf(StorageKind kind);

// Of one worker on one shard.
class WorkerMeter {
 public:
  // The meter of an isolate; null: it has none.
  static WorkerMeter* Of(v8::Isolate* isolate) { return static_cast<WorkerMeter*>(isolate->GetData(kIsolateSlot)); }
  // From now on what the isolate does and holds counts here. In pairs with Detach, on the shard's thread.
  void Attach(v8::Isolate* isolate);
  static void Detach(v8::Isolate* isolate);

  // --- Events. An event is counted in `events` when it begins, and in `outcomes` when everything of it is over.
  Tally events;
  std::array<Tally, kEventOutcomes> outcomes;
  DurationTally cpu;   // of an event, with what other threads did for it
  DurationTally wall;  // to the end of its response, to a millisecond
  Tally subrequests;
  Tally response_bytes;                 // of bodies
  Tally turns;                          // entries into JavaScript
  Tally startup_cpu_ns;                 // outside of events: loading the worker
  std::array<Tally, kLimits> exceeded;  // how often each limit was hit

  // --- Isolates.
  Tally isolates_made;
  Tally isolates_live;
  Tally memory_bytes;   // of its isolates now: V8's heaps and the buffers they hold
  Tally memory_kib_ms;  // the same, times how long

  // --- Services.
  std::array<Tally, kCacheOutcomes> cache;
  std::array<DurationTally, kStorageKinds> storage;
  Tally d1_rows_read;
  Tally d1_rows_written;

 private:
  friend class Metering;
  // Data slots 0 and 1 are WorkerIsolate's and the bindings'.
  static constexpr uint32_t kIsolateSlot = 2;

  // Adds what was held since the last time, and looks at what is held now if it can have changed.
  void Integrate(int64_t now_ns, bool measure);

  std::vector<v8::Isolate*> isolates_;
  int64_t integrated_ns_ = 0;
  uint64_t measured_turns_ = 0;
};

// An event as it is counted. Does nothing for an isolate without a meter. Times are milliseconds of the loop's clock.
class EventMeter {
 public:
  void Begin(v8::Isolate* isolate, uint64_t now_ms) {
    meter_ = WorkerMeter::Of(isolate);
    if (!meter_) return;
    meter_->events.Add();
    outcome_ = EventOutcome::kOk;
    arrived_ms_ = now_ms;
    done_ms_ = 0;
  }
  // The first thing that goes wrong is how it ended.
  void Note(EventOutcome outcome) {
    if (outcome_ == EventOutcome::kOk) outcome_ = outcome;
  }
  // The response is over; more may follow in waitUntil.
  void Done(uint64_t now_ms) { done_ms_ = now_ms; }
  // Everything is over.
  void End(int64_t cpu_ns, uint32_t subrequests, uint64_t now_ms);
  // Null: none, or it is over.
  [[nodiscard]] WorkerMeter* meter() const { return meter_; }

 private:
  WorkerMeter* meter_ = nullptr;
  EventOutcome outcome_ = EventOutcome::kOk;
  uint64_t arrived_ms_ = 0;
  uint64_t done_ms_ = 0;
};

// Of one shard, beside its workers.
struct ShardMeter {
  Tally sampled_ms;  // when Sample was last called, on the monotonic clock: a shard that hangs does not
  Tally open_connections;
  Tally connections;
  Tally requests;
  Tally refused;  // answered by the server itself
  Tally bytes_read;
  Tally bytes_written;
};

// All of a process.
class Metering {
 public:
  explicit Metering(size_t shards);

  // The worker's meter on a shard, on that shard's thread. Lives as long as this object.
  WorkerMeter& Of(std::string_view worker, size_t shard);
  ShardMeter& shard(size_t shard) { return shards_[shard]->meter; }
  [[nodiscard]] const ShardMeter& shard(size_t shard) const { return shards_[shard]->meter; }
  [[nodiscard]] size_t shards() const { return shards_.size(); }

  // To be called about each second on the shard's thread: measures the isolates that have run.
  void Sample(size_t shard);

  // Any thread: all meters, those of a worker one after the other for each shard.
  void ForEach(const std::function<void(std::string_view worker, const WorkerMeter& meter)>& visit) const;

 private:
  struct Shard {
    ShardMeter meter;
    mutable std::mutex mutex;  // the shard's thread adds below it, and reads without it
    std::unordered_map<std::string, std::unique_ptr<WorkerMeter>> workers;
  };
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace verge::runtime

#endif  // RUNTIME_METER_H_
