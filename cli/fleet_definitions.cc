#include "cli/fleet_definitions.h"

#include "bindings/api.h"

namespace verge::cli {

std::vector<uint32_t> ConfiguredFleet::Prewarmed() const {
  std::vector<uint32_t> out;
  for (uint32_t i = 0; i < fleet_.workers.size(); ++i) {
    if (fleet_.workers[i].min_instances > 0) out.push_back(i);
  }
  return out;
}

std::expected<std::shared_ptr<const bindings::WorkerDefinition>, std::string> ConfiguredFleet::Define(uint32_t worker) {
  {
    std::lock_guard lock(mutex_);
    if (auto found = defined_.find(worker); found != defined_.end()) {
      if (auto definition = found->second.lock()) return definition;
    }
  }
  // Not below the lock: other workers need not wait. Two shards may do the same work; one result counts.
  auto loaded = config::LoadFleetWorker(fleet_.workers[worker]);
  if (!loaded) return std::unexpected(loaded.error().front().ToString());
  auto modules = LoadWorkerModules(loaded->worker, false, bindings::GetApi()->BuiltinModules(), nullptr, builder_);
  if (!modules) return std::unexpected(modules.error());
  auto definition = define_(fleet_, fleet_.workers[worker], loaded->worker, *modules);
  std::lock_guard lock(mutex_);
  auto& shared = defined_[worker];
  if (auto other = shared.lock()) return other;
  shared = definition;
  return definition;
}

}  // namespace verge::cli
