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
  auto found = made_.find(worker);
  return found == made_.end() ? nullptr : found->second.definition.lock();
}

std::expected<std::shared_ptr<const bindings::WorkerDefinition>, std::string> ConfiguredFleet::Define(uint32_t worker) {
  if (auto known = Known(worker)) return known;
  // Not below the lock: other workers need not wait. Two shards may do the same work; one result counts.
  auto loaded = config::LoadFleetWorker(fleet_.workers[worker]);
  if (!loaded) return std::unexpected(loaded.error().front().ToString());
  auto modules = LoadWorkerModules(loaded->worker, false, bindings::GetApi()->BuiltinModules(), nullptr, builder_);
  if (!modules) return std::unexpected(modules.error());
  auto defined = define_(fleet_, fleet_.workers[worker], loaded->worker, *modules);
  if (!defined) return defined;
  auto definition = *std::move(defined);
  std::string surroundings = SurroundingsOf(worker, loaded->worker);
  std::lock_guard lock(mutex_);
  Made& shared = made_[worker];
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

bool ConfiguredFleet::IsSame(uint32_t worker, const Made& made, const bindings::WorkerDefinition& definition) const {
  if (!definition.versioned_modules) return false;
  auto loaded = config::LoadFleetWorker(fleet_.workers[worker]);
  if (!loaded || loaded->worker != made.worker) return false;
  // What is in its folder is looked at when it is opened.
  if (loaded->worker.assets) return false;
  if (SurroundingsOf(worker, loaded->worker) != made.surroundings) return false;
  auto modules = LoadWorkerModules(loaded->worker, false, bindings::GetApi()->BuiltinModules(), nullptr, builder_);
  return modules && definition.versioned_modules->SameIn(*modules->source);
}

ConfiguredFleet::Adopted ConfiguredFleet::Adopt(ConfiguredFleet& earlier) {
  std::vector<Made> made;
  {
    // No longer: shards may want to know what is defined, and reading files takes time.
    std::lock_guard lock(earlier.mutex_);
    for (const auto& [index, each] : earlier.made_) made.push_back(each);
  }
  Adopted adopted;
  for (const Made& each : made) {
    const auto definition = each.definition.lock();
    const auto now = definition ? fleet_.Find(definition->name) : std::nullopt;
    if (!now) continue;
    if (IsSame(*now, each, *definition)) {
      made_[*now] = each;
      ++adopted.same;
    } else if (auto next = Define(*now)) {
      adopted.changed.push_back(*std::move(next));
    } else {
      adopted.errors.push_back(definition->name + ": " + next.error());
    }
  }
  return adopted;
}

}  // namespace verge::cli
