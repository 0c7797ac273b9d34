#include "cli/fleet_version.h"

#include <uv.h>

#include <algorithm>
#include <format>
#include <utility>
#include <vector>

namespace verge::cli {
namespace {

// Half of the machine's memory, or of what this process may use of it.
uint64_t DefaultMemory() {
  uint64_t total = uv_get_total_memory();
  uint64_t allowed = uv_get_constrained_memory();
  return (allowed > 0 && allowed < total ? allowed : total) / 2;
}

// A shard's part of what a fleet may take.
bindings::FleetLimits LimitsOf(const config::Fleet& fleet, size_t shards) {
  bindings::FleetLimits limits;
  limits.memory_bytes = fleet.memory_bytes.value_or(DefaultMemory()) / shards;
  limits.isolates = std::max<size_t>(fleet.max_isolates.value_or(limits.isolates) / shards, 1);
  if (fleet.max_concurrent) limits.concurrent = *fleet.max_concurrent;
  if (fleet.idle_timeout) limits.idle_ms = static_cast<uint64_t>(fleet.idle_timeout->count()) * 1000;
  return limits;
}

}  // namespace

FleetVersion MakeFleetVersion(config::Fleet fleet, const Options& options, const Services& services, Esbuild* builder) {
  FleetVersion version;
  version.limits = LimitsOf(fleet, static_cast<size_t>(options.shards));
  for (uint32_t i = 0; i < fleet.workers.size(); ++i) {
    for (const std::string& cron : fleet.workers[i].crons) version.schedule.Add(i, cron);
  }
  version.definitions = DefineFleet(std::move(fleet), options, services, builder);
  return version;
}

void ReloadFleet(const std::string& file, const Options& options, const Services& services, Esbuild* builder,
                 std::span<const std::unique_ptr<ShardThread>> shards, FleetVersion* current) {
  auto fleet = config::LoadFleet(file);
  if (!fleet) {
    for (const config::Problem& problem : fleet.error()) {
      services.log.Write(runtime::LogLevel::kError, "", problem.ToString());
    }
    services.log.Write(runtime::LogLevel::kError, "", file + " was not reloaded: everything stays as it was");
    return;
  }
  for (const config::Problem& problem : fleet->warnings) {
    services.log.Write(runtime::LogLevel::kWarn, "", problem.ToString());
  }
  FleetVersion next = MakeFleetVersion(*std::move(fleet), options, services, builder);
  const ConfiguredFleet::Adopted adopted = next.definitions->Adopt(*current->definitions);
  for (const std::string& error : adopted.errors) {
    services.log.Write(runtime::LogLevel::kError, "", "cannot start the worker " + error);
  }
  *current = std::move(next);
  std::vector<std::future<void>> replacing;
  for (const auto& shard : shards) {
    replacing.push_back(shard->ReplaceFleet(current->definitions, current->limits, current->schedule));
  }
  for (auto& each : replacing) each.get();
  services.log.Write(runtime::LogLevel::kInfo, "",
                     std::format("reloaded {}: {} workers; of those in use {} are as before, {} changed", file,
                                 current->definitions->fleet().workers.size(), adopted.same, adopted.changed.size()));
}

}  // namespace verge::cli
