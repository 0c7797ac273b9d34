#include "cli/fleet_definitions.h"

#include "bindings/api.h"
#include "bindings/worker/versioned_modules.h"

namespace verge::cli {

std::vector<uint32_t> ConfiguredFleet::Prewarmed() const {
  std::vector<uint32_t> out;
  for (uint32_t i = 0; i < fleet_.workers.size(); ++i) {
    if (fleet_.workers[i].min_instances > 0) out.push_back(i);
  }
  return out;
}

std::shared_ptr<const bindings::WorkerDefinition> ConfiguredFleet::Known(uint32_t worker) {
  std::lock_guard lock(mutex_);
  auto found = defined_.find(worker);
  return found == defined_.end() ? nullptr : found->second.definition.lock();
}

std::expected<std::shared_ptr<const bindings::WorkerDefinition>, std::string> ConfiguredFleet::Define(uint32_t worker) {
  if (auto known = Known(worker)) return known;
  // Not below the lock: other workers need not wait. Two shards may do the same work; one result counts.
  auto loaded = config::LoadFleetWorker(fleet_.workers[worker]);
  if (!loaded) return std::unexpected(loaded.error().front().ToString());
  auto modules = LoadWorkerModules(loaded->worker, false, bindings::GetApi()->BuiltinModules(), nullptr, builder_);
  if (!modules) return std::unexpected(modules.error());
  auto definition = define_(fleet_, fleet_.workers[worker], loaded->worker, *modules);
  std::string surroundings = SurroundingsOf(worker, loaded->worker);
  std::lock_guard lock(mutex_);
  Defined& shared = defined_[worker];
  if (auto other = shared.definition.lock()) return other;
  shared = {definition, std::move(loaded->worker), std::move(surroundings)};
  return definition;
}

std::string ConfiguredFleet::SurroundingsOf(uint32_t worker, const config::WorkerConfig& config) const {
  std::string text = fleet_.workers[worker].Space();
  for (const config::ServiceBinding& service : config.services) {
    const auto other = fleet_.Find(service.service);
    text += "\n" + (other ? fleet_.workers[*other].owner + " owns " : "no ") + service.service;
  }
  return text;
}

void ConfiguredFleet::Adopt(ConfiguredFleet& earlier) {
  std::lock_guard lock(earlier.mutex_);
  for (const auto& [index, defined] : earlier.defined_) {
    auto definition = defined.definition.lock();
    const auto now = definition ? fleet_.Find(definition->name) : std::nullopt;
    if (!now || !definition->versioned_modules) continue;
    auto loaded = config::LoadFleetWorker(fleet_.workers[*now]);
    if (!loaded || loaded->worker != defined.worker) continue;
    if (SurroundingsOf(*now, loaded->worker) != defined.surroundings) continue;
    auto modules = LoadWorkerModules(loaded->worker, false, bindings::GetApi()->BuiltinModules(), nullptr, builder_);
    if (!modules || !definition->versioned_modules->SameIn(*modules->source)) continue;
    defined_[*now] = defined;
  }
}

}  // namespace verge::cli
