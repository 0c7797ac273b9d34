#include "cli/definitions.h"

#include <chrono>
#include <format>
#include <functional>
#include <utility>

#include "bindings/api.h"
#include "bindings/assets/assets_binding.h"
#include "bindings/d1/database.h"
#include "bindings/kv/kv_namespace.h"
#include "bindings/service/fetcher.h"
#include "bindings/worker/versioned_modules.h"
#include "cli/static_assets.h"
#include "runtime/cached_modules.h"
#include "runtime/limit_profiles.h"

namespace verge::cli {
namespace {

// Why a service binding leads nowhere; "" when it does not.
using RefuseService = std::function<std::string(const config::ServiceBinding&)>;

void DefineServices(const config::WorkerConfig& worker, const RefuseService& refuse, runtime::LogSink& log,
                    bindings::WorkerDefinition* definition) {
  for (const config::ServiceBinding& configured : worker.services) {
    auto target = std::make_shared<bindings::ServiceTarget>();
    target->binding = configured.binding;
    target->service = configured.service;
    target->entrypoint = configured.entrypoint;
    target->props = configured.props;
    target->refusal = refuse(configured);
    if (!target->refusal.empty()) log.Write(runtime::LogLevel::kWarn, worker.name, target->refusal);
    definition->bindings.push_back({configured.binding, [target = std::move(target)](v8::Isolate* isolate) {
                                      return bindings::Fetcher::New(isolate, target);
                                    }});
  }
}

// Where a worker stands among others.
struct Placement {
  std::string space;  // of the state folder, for the ids that the worker names itself
  RefuseService refuse;
};

// The error is text for a terminal.
Defined Define(const Options& options, const config::WorkerConfig& worker, const WorkerModules& modules,
               const Services& services, const Placement& placement) {
  auto definition = std::make_shared<bindings::WorkerDefinition>();
  definition->api = bindings::GetApi();
  definition->name = worker.name;
  definition->main = modules.main;
  definition->modules = modules.source;
  for (const config::Var& var : worker.vars) {
    definition->vars.push_back({var.name, !var.is_text, var.is_text ? var.text : var.json});
  }
  for (const config::D1Database& configured : worker.d1_databases) {
    definition->bindings.push_back(
        {configured.binding,
         [database = services.storage.d1.Get(configured.id, configured.granted ? "" : placement.space)](
             v8::Isolate* isolate) { return bindings::D1Database::New(isolate, database); }});
  }
  for (const config::KvNamespace& configured : worker.kv_namespaces) {
    definition->bindings.push_back(
        {configured.binding,
         [name_space = services.storage.kv.Open(KvId(options, configured), configured.granted ? "" : placement.space)](
             v8::Isolate* isolate) { return bindings::KvNamespace::New(isolate, name_space); }});
  }
  DefineServices(worker, placement.refuse, services.log, definition.get());
  definition->limits = LimitsOf(options, worker);
  // What runs in the background has more time, unless somebody says how much.
  if (options.cpu_ms || worker.limits.cpu_ms) definition->scheduled_cpu = definition->limits.cpu;
  auto site = OpenAssets(worker, options.command == Command::kDev, &services.log);
  if (!site) return std::unexpected(site.error());
  definition->assets = *std::move(site);
  if (definition->assets && !worker.assets->binding.empty()) {
    definition->bindings.push_back({worker.assets->binding, [assets = definition->assets](v8::Isolate* isolate) {
                                      return bindings::AssetsBinding::New(isolate, assets);
                                    }});
  }
  definition->origin = services.origin;
  definition->cache = services.cache;
  definition->inspector = services.inspector;
  definition->cache_settings = {.front = worker.cache.enabled,
                                .cross_version = worker.cache.cross_version,
                                .fetch = worker.cache.fetch,
                                .stale_while_revalidate = worker.cache.stale_while_revalidate};
  if (services.code) {
    definition->modules = std::make_shared<runtime::CachedModules>(definition->modules, services.code);
  }
  // Among others it may be put in another's place, and it has to be known whether it is another.
  if ((worker.cache.enabled && !worker.cache.cross_version) || !placement.space.empty()) {
    std::string salt;
    for (const bindings::EnvVar& var : definition->vars) salt += var.name + "=" + var.value + "\n";
    definition->versioned_modules = std::make_shared<bindings::VersionedModules>(definition->modules, salt);
    definition->modules = definition->versioned_modules;
  }
  // Now, where it may take a while, and not when an isolate waits for it.
  if (services.code && !modules.main.empty()) (void)definition->modules->Load(modules.main);
  definition->allow_code_from_strings = options.allow_eval;
  definition->development = options.command == Command::kDev;
  definition->metering = services.metering;
  definition->recorder = services.recorder;
  definition->terminate_at_call = options.test_terminate_at;
  return definition;
}

// The only worker can be bound to itself. There is a text for whoever asks for the others.
std::string RefuseAlone(const config::WorkerConfig& worker, const config::ServiceBinding& service) {
  if (service.service == worker.name) return "";
  return std::format(
      "env.{} is bound to the worker \"{}\", which does not run here: this process has the worker \"{}\" only. Put "
      "both into a verge.toml for verge serve.",
      service.binding, service.service, worker.name);
}

// Whoever writes a worker's own configuration may not reach the workers of others by naming them.
std::string RefuseInFleet(const config::Fleet& fleet, const config::FleetWorker& worker,
                          const config::ServiceBinding& service) {
  if (service.granted || service.service == worker.name) return "";
  const auto found = fleet.Find(service.service);
  const config::FleetWorker* other = found ? &fleet.workers[*found] : nullptr;
  if (other && !worker.owner.empty() && other->owner == worker.owner) return "";
  // Which workers others have is theirs to tell.
  return std::format(
      "env.{} is bound to the worker \"{}\", which this worker may not call: it is not of the same owner, and "
      "verge.toml does not grant it with [[workers.services]].",
      service.binding, service.service);
}

}  // namespace

const std::string& KvId(const Options& options, const config::KvNamespace& configured) {
  return options.command == Command::kDev && !configured.preview_id.empty() ? configured.preview_id : configured.id;
}

runtime::Limits LimitsOf(const Options& options, const config::WorkerConfig& worker) {
  using std::chrono::milliseconds;
  runtime::Limits limits;
  if (auto profile = runtime::FindLimits(options.limits)) {
    limits = *profile;
  } else {
    limits.cpu = milliseconds(DefaultCpuMs(options.command));
  }
  const config::Limits& own = worker.limits;
  if (own.cpu_ms) limits.cpu = milliseconds(*own.cpu_ms);
  if (own.startup_ms) limits.startup_cpu = milliseconds(*own.startup_ms);
  if (own.wait_until_ms) limits.wait_until = milliseconds(*own.wait_until_ms);
  if (own.memory_mb) limits.heap_bytes = static_cast<size_t>(*own.memory_mb) * 1024 * 1024;
  if (own.timers) limits.timers = static_cast<uint32_t>(*own.timers);
  if (own.subrequests) limits.subrequests = limits.service_calls = static_cast<uint32_t>(*own.subrequests);
  if (own.connections) limits.connections = static_cast<uint32_t>(*own.connections);
  if (options.cpu_ms) limits.cpu = milliseconds(*options.cpu_ms);
  limits.pbkdf2_iterations = options.pbkdf2_iterations;
  return limits;
}

Defined DefineAlone(const Options& options, const config::WorkerConfig& worker, const WorkerModules& modules,
                    const Services& services) {
  return Define(options, worker, modules, services,
                {"", [&worker](const config::ServiceBinding& service) { return RefuseAlone(worker, service); }});
}

std::shared_ptr<ConfiguredFleet> DefineFleet(config::Fleet fleet, const Options& options, const Services& services,
                                             Esbuild* builder) {
  return std::make_shared<ConfiguredFleet>(
      std::move(fleet), builder,
      [&options, &services](const config::Fleet& all, const config::FleetWorker& in_fleet,
                            const config::WorkerConfig& worker, const WorkerModules& of_worker) {
        return Define(options, worker, of_worker, services,
                      {in_fleet.Space(),
                       [&](const config::ServiceBinding& service) { return RefuseInFleet(all, in_fleet, service); }});
      });
}

}  // namespace verge::cli
