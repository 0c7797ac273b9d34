#include "runtime/meter.h"

#include <time.h>

#include <algorithm>
#include <utility>

namespace verge::runtime {
namespace {

int64_t NowNs() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

uint64_t BytesOf(v8::Isolate* isolate) {
  v8::HeapStatistics statistics;
  isolate->GetHeapStatistics(&statistics);
  return statistics.total_physical_size() + statistics.malloced_memory() + statistics.external_memory();
}

}  // namespace

std::string_view NameOf(EventOutcome outcome) {
  static constexpr std::array<std::string_view, kEventOutcomes> kNames = {"ok",
                                                                          "exception",
                                                                          "exceededCpu",
                                                                          "exceededMemory",
                                                                          "exceededWallTime",
                                                                          "canceled",
                                                                          "responseStreamDisconnected",
                                                                          "internalError"};
  return kNames[static_cast<size_t>(outcome)];
}

std::string_view NameOf(CacheOutcome outcome) {
  static constexpr std::array<std::string_view, kCacheOutcomes> kNames = {"hit", "stale", "miss", "other"};
  return kNames[static_cast<size_t>(outcome)];
}

std::string_view NameOf(StorageKind kind) {
  static constexpr std::array<std::string_view, kStorageKinds> kNames = {"kv_read", "kv_write", "d1"};
  return kNames[static_cast<size_t>(kind)];
}

CacheOutcome CacheOutcomeOf(std::string_view status) {
  if (status == "HIT" || status == "REVALIDATED") return CacheOutcome::kHit;
  if (status == "STALE" || status == "UPDATING") return CacheOutcome::kStale;
  if (status == "MISS" || status == "EXPIRED") return CacheOutcome::kMiss;
  return CacheOutcome::kOther;
}

void WorkerMeter::Attach(v8::Isolate* isolate) {
  Integrate(NowNs(), false);
  isolate->SetData(kIsolateSlot, this);
  isolates_.push_back(isolate);
  isolates_made.Add();
  isolates_live.Set(isolates_.size());
  memory_bytes.Add(BytesOf(isolate));
}

void WorkerMeter::Detach(v8::Isolate* isolate) {
  WorkerMeter* self = Of(isolate);
  if (!self) return;
  self->Integrate(NowNs(), true);
  isolate->SetData(kIsolateSlot, nullptr);
  std::erase(self->isolates_, isolate);
  self->isolates_live.Set(self->isolates_.size());
  uint64_t bytes = 0;
  for (v8::Isolate* each : self->isolates_) bytes += BytesOf(each);
  self->memory_bytes.Set(bytes);
}

void WorkerMeter::Integrate(int64_t now_ns, bool measure) {
  if (isolates_.empty()) {
    integrated_ns_ = now_ns;
    return;
  }
  if (measure && turns.value() != measured_turns_) {
    measured_turns_ = turns.value();
    uint64_t bytes = 0;
    for (v8::Isolate* each : isolates_) bytes += BytesOf(each);
    memory_bytes.Set(bytes);
  }
  const int64_t ms = (now_ns - integrated_ns_) / 1'000'000;
  if (ms <= 0) return;
  memory_kib_ms.Add(memory_bytes.value() / 1024 * static_cast<uint64_t>(ms));
  integrated_ns_ += ms * 1'000'000;
}

void EventMeter::End(int64_t cpu_ns, uint32_t subrequests, uint64_t now_ms) {
  WorkerMeter* meter = std::exchange(meter_, nullptr);
  if (!meter) return;
  const auto cpu = static_cast<uint64_t>(std::max<int64_t>(cpu_ns, 0));
  meter->cpu.Add(cpu);
  // The loop's clock stands still within an iteration: what ran in it took at least its own time.
  meter->wall.Add(std::max(((done_ms_ != 0 ? done_ms_ : now_ms) - arrived_ms_) * 1'000'000, cpu));
  if (subrequests > 0) meter->subrequests.Add(subrequests);
  meter->outcomes[static_cast<size_t>(outcome_)].Add();
}

Metering::Metering(size_t shards) {
  for (size_t i = 0; i < shards; ++i) shards_.push_back(std::make_unique<Shard>());
}

WorkerMeter& Metering::Of(std::string_view worker, size_t shard) {
  Shard& here = *shards_[shard];
  std::lock_guard lock(here.mutex);
  std::unique_ptr<WorkerMeter>& meter = here.workers[std::string(worker)];
  if (!meter) meter = std::make_unique<WorkerMeter>();
  return *meter;
}

void Metering::Sample(size_t shard) {
  Shard& here = *shards_[shard];
  const int64_t now = NowNs();
  here.meter.sampled_ms.Set(static_cast<uint64_t>(now / 1'000'000));
  for (auto& [name, meter] : here.workers) meter->Integrate(now, true);
}

void Metering::ForEach(const std::function<void(std::string_view worker, const WorkerMeter& meter)>& visit) const {
  // Names are collected first: no shard waits for a lock while text is made.
  std::vector<std::pair<std::string_view, const WorkerMeter*>> all;
  for (const auto& shard : shards_) {
    std::lock_guard lock(shard->mutex);
    for (const auto& [name, meter] : shard->workers) all.emplace_back(name, meter.get());
  }
  std::ranges::stable_sort(all, {}, [](const auto& each) { return each.first; });
  for (const auto& [name, meter] : all) visit(name, *meter);
}

}  // namespace verge::runtime
