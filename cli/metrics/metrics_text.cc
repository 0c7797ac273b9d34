#include "cli/metrics/metrics_text.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <format>
#include <memory>
#include <vector>

#include "cli/metrics/exposition.h"

namespace verge::cli {
namespace {

using runtime::DurationTally;
using runtime::WorkerMeter;

constexpr double kNsPerSecond = 1e9;

struct Durations {
  uint64_t ranges[DurationTally::kBounds.size() + 1] = {};
  uint64_t sum_ns = 0;

  void Add(const DurationTally& tally) {
    for (size_t i = 0; i < std::size(ranges); ++i) ranges[i] += tally.range(i);
    sum_ns += tally.sum_ns();
  }
  [[nodiscard]] uint64_t count() const {
    uint64_t count = 0;
    for (uint64_t range : ranges) count += range;
    return count;
  }
};

// Of a worker on all shards.
struct Totals {
  std::string name;
  uint64_t events = 0;
  uint64_t outcomes[runtime::kEventOutcomes] = {};
  Durations cpu;
  Durations wall;
  uint64_t subrequests = 0;
  uint64_t response_bytes = 0;
  uint64_t startup_cpu_ns = 0;
  uint64_t exceeded[runtime::kLimits] = {};
  uint64_t isolates_made = 0;
  uint64_t isolates_live = 0;
  uint64_t memory_bytes = 0;
  uint64_t memory_kib_ms = 0;
  uint64_t cache[runtime::kCacheOutcomes] = {};
  Durations storage[runtime::kStorageKinds];
  uint64_t d1_rows_read = 0;
  uint64_t d1_rows_written = 0;

  [[nodiscard]] uint64_t open() const {
    // Read at different moments: never below zero.
    uint64_t over = 0;
    for (uint64_t count : outcomes) over += count;
    return events > over ? events - over : 0;
  }

  void Add(const WorkerMeter& meter) {
    // What is over is read first, so that there are never more ends than beginnings.
    for (size_t i = 0; i < runtime::kEventOutcomes; ++i) outcomes[i] += meter.outcomes[i].value();
    events += meter.events.value();
    cpu.Add(meter.cpu);
    wall.Add(meter.wall);
    subrequests += meter.subrequests.value();
    response_bytes += meter.response_bytes.value();
    startup_cpu_ns += meter.startup_cpu_ns.value();
    for (size_t i = 0; i < runtime::kLimits; ++i) exceeded[i] += meter.exceeded[i].value();
    isolates_made += meter.isolates_made.value();
    isolates_live += meter.isolates_live.value();
    memory_bytes += meter.memory_bytes.value();
    memory_kib_ms += meter.memory_kib_ms.value();
    for (size_t i = 0; i < runtime::kCacheOutcomes; ++i) cache[i] += meter.cache[i].value();
    for (size_t i = 0; i < runtime::kStorageKinds; ++i) storage[i].Add(meter.storage[i]);
    d1_rows_read += meter.d1_rows_read.value();
    d1_rows_written += meter.d1_rows_written.value();
  }
};

std::vector<Totals> Collect(const runtime::Metering& metering) {
  std::vector<Totals> workers;
  metering.ForEach([&](std::string_view name, const WorkerMeter& meter) {
    if (workers.empty() || workers.back().name != name) workers.emplace_back().name = name;
    workers.back().Add(meter);
  });
  return workers;
}

std::string BoundText(size_t index) {
  return std::format("{:g}", static_cast<double>(DurationTally::kBounds[index]) / kNsPerSecond);
}

// `kind` "": without that label.
void AddHistogram(Exposition& out, std::string_view worker, std::string_view kind, const Durations& durations) {
  uint64_t so_far = 0;
  const auto add = [&](std::string_view bound) {
    if (kind.empty()) return out.Add({{"worker", worker}, {"le", bound}}, so_far, "_bucket");
    out.Add({{"worker", worker}, {"kind", kind}, {"le", bound}}, so_far, "_bucket");
  };
  for (size_t i = 0; i < DurationTally::kBounds.size(); ++i) {
    so_far += durations.ranges[i];
    add(BoundText(i));
  }
  so_far += durations.ranges[DurationTally::kBounds.size()];
  add("+Inf");
  const double sum = static_cast<double>(durations.sum_ns) / kNsPerSecond;
  if (kind.empty()) {
    out.AddDecimal({{"worker", worker}}, sum, "_sum");
    out.Add({{"worker", worker}}, so_far, "_count");
  } else {
    out.AddDecimal({{"worker", worker}, {"kind", kind}}, sum, "_sum");
    out.Add({{"worker", worker}, {"kind", kind}}, so_far, "_count");
  }
}

void AddWorkers(Exposition& out, const std::vector<Totals>& workers) {
  const auto each = [&](std::string_view name, std::string_view type, std::string_view help, auto value) {
    out.Begin(name, type, help);
    for (const Totals& worker : workers) {
      if constexpr (std::is_floating_point_v<decltype(value(worker))>) {
        out.AddDecimal({{"worker", worker.name}}, value(worker));
      } else {
        out.Add({{"worker", worker.name}}, value(worker));
      }
    }
  };
  each("verge_worker_requests_total", "counter", "Events that a worker began to handle.",
       [](const Totals& t) { return t.events; });
  out.Begin("verge_worker_outcomes_total", "counter", "Events that are over, by how they ended.");
  for (const Totals& worker : workers) {
    for (size_t i = 0; i < runtime::kEventOutcomes; ++i) {
      const std::string_view outcome = runtime::NameOf(static_cast<runtime::EventOutcome>(i));
      out.Add({{"worker", worker.name}, {"outcome", outcome}}, worker.outcomes[i]);
    }
  }
  out.Begin("verge_worker_limits_exceeded_total", "counter", "Times that a worker has hit one of its limits.");
  for (const Totals& worker : workers) {
    for (size_t i = 0; i < runtime::kLimits; ++i) {
      if (worker.exceeded[i] == 0) continue;
      out.Add({{"worker", worker.name}, {"limit", runtime::KeyOf(static_cast<runtime::Limit>(i))}}, worker.exceeded[i]);
    }
  }
  each("verge_worker_requests_open", "gauge", "Events under way.", [](const Totals& t) { return t.open(); });
  out.Begin("verge_worker_cpu_seconds", "histogram", "CPU time of an event, all that was done for it included.");
  for (const Totals& worker : workers) AddHistogram(out, worker.name, "", worker.cpu);
  out.Begin("verge_worker_wall_seconds", "histogram", "Time from an event's arrival to the end of its response.");
  for (const Totals& worker : workers) AddHistogram(out, worker.name, "", worker.wall);
  each("verge_worker_startup_cpu_seconds_total", "counter", "CPU time for loading a worker into its isolates.",
       [](const Totals& t) { return static_cast<double>(t.startup_cpu_ns) / kNsPerSecond; });
  each("verge_worker_subrequests_total", "counter", "Requests that a worker's code has made.",
       [](const Totals& t) { return t.subrequests; });
  each("verge_worker_response_bytes_total", "counter", "Bytes of response bodies.",
       [](const Totals& t) { return t.response_bytes; });
  each("verge_worker_isolate_starts_total", "counter", "Isolates made for a worker.",
       [](const Totals& t) { return t.isolates_made; });
  each("verge_worker_isolates", "gauge", "Isolates that a worker has now.",
       [](const Totals& t) { return t.isolates_live; });
  each("verge_worker_memory_bytes", "gauge", "Memory of a worker's isolates: V8's heaps and buffers.",
       [](const Totals& t) { return t.memory_bytes; });
  each("verge_worker_memory_gb_seconds_total", "counter",
       "The same times how long it was held, in units of 10^9 bytes and a second.",
       [](const Totals& t) { return static_cast<double>(t.memory_kib_ms) * 1024 / 1000 / 1e9; });
  out.Begin("verge_worker_cache_total", "counter", "Answers of caches.match() and of the HTTP cache below fetch().");
  for (const Totals& worker : workers) {
    for (size_t i = 0; i < runtime::kCacheOutcomes; ++i) {
      out.Add({{"worker", worker.name}, {"result", runtime::NameOf(static_cast<runtime::CacheOutcome>(i))}},
              worker.cache[i]);
    }
  }
  out.Begin("verge_worker_storage_seconds", "histogram", "Operations on KV namespaces and D1 databases.");
  for (const Totals& worker : workers) {
    for (size_t i = 0; i < runtime::kStorageKinds; ++i) {
      if (worker.storage[i].count() == 0) continue;
      AddHistogram(out, worker.name, runtime::NameOf(static_cast<runtime::StorageKind>(i)), worker.storage[i]);
    }
  }
  each("verge_worker_d1_rows_read_total", "counter", "Rows that queries have read.",
       [](const Totals& t) { return t.d1_rows_read; });
  each("verge_worker_d1_rows_written_total", "counter", "Rows that queries have written.",
       [](const Totals& t) { return t.d1_rows_written; });
}

void AddServers(Exposition& out, const runtime::Metering& metering) {
  const auto each = [&](std::string_view name, std::string_view type, std::string_view help,
                        runtime::Tally runtime::ShardMeter::* member) {
    out.Begin(name, type, help);
    for (size_t i = 0; i < metering.shards(); ++i) {
      out.Add({{"shard", std::to_string(i)}}, (metering.shard(i).*member).value());
    }
  };
  each("verge_http_connections_total", "counter", "Connections accepted.", &runtime::ShardMeter::connections);
  each("verge_http_connections", "gauge", "Connections that are open.", &runtime::ShardMeter::open_connections);
  each("verge_http_requests_total", "counter", "Requests handed to workers.", &runtime::ShardMeter::requests);
  each("verge_http_refused_total", "counter",
       "Requests that the server answered itself: malformed, too large, too slow.", &runtime::ShardMeter::refused);
  each("verge_http_read_bytes_total", "counter", "Bytes read from clients.", &runtime::ShardMeter::bytes_read);
  each("verge_http_written_bytes_total", "counter", "Bytes written to clients.", &runtime::ShardMeter::bytes_written);
}

void AddCache(Exposition& out, const cache::Counters& cache) {
  const auto one = [&](std::string_view name, std::string_view type, std::string_view help, uint64_t value) {
    out.Begin(name, type, help);
    out.Add({}, value);
  };
  one("verge_cache_hits_total", "counter", "Objects found in memory.", cache.hits);
  one("verge_cache_disk_hits_total", "counter", "Objects found on disk.", cache.disk_hits);
  one("verge_cache_misses_total", "counter", "Objects looked for and not found.", cache.misses);
  one("verge_cache_stores_total", "counter", "Objects stored.", cache.stores);
  one("verge_cache_refused_total", "counter", "Objects that were not stored: too large, or no room.", cache.refused);
  one("verge_cache_evictions_total", "counter", "Objects that made room in memory.", cache.evictions);
  one("verge_cache_memory_bytes", "gauge", "Memory that the cache uses.", cache.memory_bytes);
  one("verge_cache_objects", "gauge", "Objects in memory.", cache.objects);
  one("verge_cache_disk_bytes", "gauge", "Disk space that the cache uses.", cache.disk_bytes);
}

uint64_t ResidentBytes() {
  unsigned long long pages = 0;  // NOLINT(google-runtime-int): as scanf has it
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen("/proc/self/statm", "re"), &std::fclose);
  if (!file || std::fscanf(file.get(), "%*u %llu", &pages) != 1) return 0;
  return pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

uint64_t OpenDescriptors() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc/self/fd"), &closedir);
  uint64_t count = 0;
  while (const dirent* entry = folder ? readdir(folder.get()) : nullptr) count += entry->d_name[0] != '.';
  return count;
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

void AddProcess(Exposition& out, std::string_view version) {
  out.Begin("verge_build_info", "gauge", "The version that runs.");
  out.Add({{"version", version}}, 1);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  out.Begin("process_cpu_seconds_total", "counter", "CPU time of the process.");
  out.AddDecimal({}, Seconds(usage.ru_utime) + Seconds(usage.ru_stime));
  out.Begin("process_resident_memory_bytes", "gauge", "Memory of the process.");
  out.Add({}, ResidentBytes());
  out.Begin("process_open_fds", "gauge", "Open descriptors.");
  out.Add({}, OpenDescriptors());
}

}  // namespace

std::string MetricsText(const runtime::Metering& metering, const cache::Service* cache, std::string_view version) {
  Exposition out;
  AddProcess(out, version);
  AddServers(out, metering);
  if (cache) AddCache(out, cache->counters());
  AddWorkers(out, Collect(metering));
  return out.Take();
}

}  // namespace verge::cli
