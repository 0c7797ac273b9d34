#include "cli/serve.h"

#include <signal.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <format>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bindings/api.h"
#include "bindings/d1/database.h"
#include "bindings/kv/kv_namespace.h"
#include "bindings/service/fetcher.h"
#include "bindings/worker/fleet.h"
#include "bindings/worker/versioned_modules.h"
#include "bindings/worker/worker.h"
#include "cache/service.h"
#include "cli/bundle/worker_modules.h"
#include "cli/confinement.h"
#include "cli/dev/reloader.h"
#include "cli/dev/request_log.h"
#include "cli/fleet_definitions.h"
#include "cli/inspector/inspector_server.h"
#include "cli/log.h"
#include "cli/service_access.h"
#include "cli/shard_thread.h"
#include "cli/storage.h"
#include "cli/version.h"
#include "config/fleet.h"
#include "config/project.h"
#include "http/address.h"
#include "http/server.h"
#include "runtime/cached_modules.h"
#include "runtime/code_cache.h"
#include "runtime/platform.h"
#include "runtime/watchdog.h"

namespace verge::cli {
namespace {

int Fail(std::string_view message) {
  std::fprintf(stderr, "verge: %.*s\n", static_cast<int>(message.size()), message.data());
  return kUsageExitCode;
}

// Development has a namespace of its own when the configuration gives one.
const std::string& KvId(const Options& options, const config::KvNamespace& configured) {
  return options.command == Command::kDev && !configured.preview_id.empty() ? configured.preview_id : configured.id;
}

int64_t CpuMs(const Options& options, const config::WorkerConfig& worker) {
  return options.cpu_ms.value_or(worker.limits.cpu_ms.value_or(DefaultCpuMs(options.command)));
}

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

// What every version of the worker shares.
struct Services {
  Storage& storage;
  std::shared_ptr<runtime::CodeCache> code;  // null: compiled code is not kept
  runtime::LogSink& log;
  std::optional<bindings::Origin> origin;
  std::shared_ptr<cache::Service> cache;
  std::shared_ptr<runtime::InspectorTarget> inspector;  // may be null
  runtime::RequestLog* request_log;                     // may be null
};

std::shared_ptr<const bindings::WorkerDefinition> Define(const Options& options, const config::WorkerConfig& worker,
                                                         const WorkerModules& modules, const Services& services,
                                                         const Placement& placement) {
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
  definition->limits.cpu = std::chrono::milliseconds(CpuMs(options, worker));
  if (worker.limits.subrequests) {
    definition->limits.subrequests = static_cast<uint32_t>(*worker.limits.subrequests);
    definition->limits.service_calls = definition->limits.subrequests;
  }
  definition->limits.pbkdf2_iterations = options.pbkdf2_iterations;
  definition->origin = services.origin;
  definition->cache = services.cache;
  definition->inspector = services.inspector;
  definition->cache_settings = {.front = worker.cache.enabled,
                                .cross_version = worker.cache.cross_version,
                                .fetch = worker.cache.fetch,
                                .stale_while_revalidate = worker.cache.stale_while_revalidate};
  if (services.code) {
    auto modules_with_code = std::make_shared<runtime::CachedModules>(modules.source, services.code);
    // Now, where it may take a while, and not when an isolate waits for it.
    (void)modules_with_code->Load(modules.main);
    definition->modules = std::move(modules_with_code);
  }
  if ((worker.cache.enabled && !worker.cache.cross_version) || !placement.space.empty()) {
    std::string salt;
    for (const bindings::EnvVar& var : definition->vars) salt += var.name + "=" + var.value + "\n";
    definition->versioned_modules = std::make_shared<bindings::VersionedModules>(definition->modules, salt);
    definition->modules = definition->versioned_modules;
  }
  definition->allow_code_from_strings = options.allow_eval;
  definition->development = options.command == Command::kDev;
  definition->request_log = services.request_log;
  definition->terminate_at_call = options.test_terminate_at;
  return definition;
}

// Everything in development; otherwise public addresses and what the command line adds.
std::expected<http::OutboundPolicy, std::string> MakeOutboundPolicy(const Options& options) {
  if (options.allow_outbound.empty() && options.command == Command::kDev) return http::OutboundPolicy();
  http::OutboundPolicy policy = http::OutboundPolicy::PublicOnly();
  for (const std::string& allowed : options.allow_outbound) {
    if (allowed == "all") return http::OutboundPolicy();
    if (auto added = policy.Allow(allowed); !added) {
      return std::unexpected("--allow-outbound " + allowed + ": " + added.error());
    }
  }
  return policy;
}

// What stands behind the worker, if anything does.
std::expected<std::optional<bindings::Origin>, std::string> MakeOrigin(const Options& options) {
  if (options.origin.empty()) return std::nullopt;
  auto origin = bindings::Origin::Parse(options.origin);
  if (!origin) return std::unexpected("--origin " + options.origin + ": " + origin.error());
  origin->keep_host = !options.origin_host;
  return *std::move(origin);
}

// Blocks the signals that end the program, in this thread and all that it starts, and waits for them here.
class SignalWaiter {
 public:
  SignalWaiter() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    // A client that goes away while it is written to is an error of that write.
    signal(SIGPIPE, SIG_IGN);
  }
  [[nodiscard]] const sigset_t& set() const { return set_; }
  int Wait() {
    int number = 0;
    while (sigwait(&set_, &number) != 0) {
    }
    return number;
  }
  // From now on a signal ends the process at once: for those who do not want to wait for the drain.
  void Default() { pthread_sigmask(SIG_UNBLOCK, &set_, nullptr); }

 private:
  sigset_t set_;
};

std::string UrlHost(const std::string& host) {
  if (host == "0.0.0.0") return "127.0.0.1";
  if (host == "::") return "[::1]";
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

std::shared_ptr<cache::Service> MakeCache(const Options& options, Log& log) {
  cache::Options cache;
  cache.memory_bytes = options.cache_memory;
  cache.owner_memory_bytes = std::min(cache.owner_memory_bytes, options.cache_memory);
  cache.log = [&log](std::string_view line) { log.Write(runtime::LogLevel::kWarn, "", "cache: " + std::string(line)); };
  return cache::Service::Create(std::move(cache));
}

// Of compiled code on disk.
constexpr uint64_t kCodeBytes = uint64_t{512} << 20;

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

std::shared_ptr<const bindings::WorkerDefinition> DefineAlone(const Options& options,
                                                              const config::WorkerConfig& worker,
                                                              const WorkerModules& modules, const Services& services) {
  return Define(options, worker, modules, services,
                {"", [&worker](const config::ServiceBinding& service) { return RefuseAlone(worker, service); }});
}

// All that is given has to outlive the result.
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

// Null: nobody wants it, or there is no port, of which a warning tells.
std::unique_ptr<InspectorServer> StartInspector(const Options& options, const config::WorkerConfig& worker,
                                                Services* services) {
  if (options.inspector_port < 0 || !runtime::InspectorTarget::Available()) return nullptr;
  auto target = std::make_shared<runtime::InspectorTarget>(worker.name, worker.root);
  auto started = InspectorServer::Start(target, options.inspector_port, kVergeVersion);
  if (!started) {
    std::fprintf(stderr, "verge: warning: no debugger: %s\n", started.error().c_str());
    return nullptr;
  }
  services->inspector = std::move(target);
  return *std::move(started);
}

// A socket for each shard, on the same port; 0 takes any free one. Bound now, as the right to may be gone later.
std::expected<std::vector<http::BoundSocket>, std::string> BindSockets(const Options& options) {
  auto port = http::ProbeAddress(options.host, options.port);
  if (!port) return std::unexpected(port.error());
  std::vector<http::BoundSocket> sockets;
  for (int i = 0; i < options.shards; ++i) {
    auto bound = http::Bind(options.host, *port, true);
    if (!bound) return std::unexpected(bound.error());
    sockets.push_back(*bound);
  }
  return sockets;
}

bool IsLoopback(const std::string& host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

void PrintWarnings(const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) std::fprintf(stderr, "verge: warning: %s\n", warning.c_str());
}

void PrintProblems(const std::vector<config::Problem>& problems, const char* kind) {
  for (const config::Problem& problem : problems) {
    std::fprintf(stderr, "verge: %s%s\n", kind, problem.ToString().c_str());
  }
}

}  // namespace

int Serve(const Options& options) {
  bool development = options.command == Command::kDev;
  const config::LoadOptions load{
      .path = options.path, .env = options.env, .development = development, .vars = options.vars};
  std::string fleet_file = config::FindFleet(options.path);
  if (!fleet_file.empty() && development) {
    return Fail(fleet_file + ": a file of many workers is for verge serve; give verge dev one of its workers");
  }
  std::expected<config::Fleet, std::vector<config::Problem>> fleet;
  std::expected<config::LoadResult, std::vector<config::Problem>> loaded;
  if (!fleet_file.empty()) {
    fleet = config::LoadFleet(fleet_file);
    if (fleet) loaded->warnings = std::move(fleet->warnings);
    loaded->worker.source = fleet_file;  // the data folder is beside it
  } else {
    loaded = config::Load(load);
  }
  if (!fleet || !loaded) {
    PrintProblems(fleet ? loaded.error() : fleet.error(), "");
    return kUsageExitCode;
  }
  PrintProblems(loaded->warnings, "warning: ");
  const std::string state_folder = options.data.empty() ? config::DefaultStateFolder(loaded->worker) : options.data;
  std::optional<Confinement> confinement;
  if (!fleet_file.empty()) {
    confinement.emplace(options, *fleet, state_folder);
  } else if (!development) {
    confinement.emplace(options, loaded->worker, state_folder);
  }
  if (options.show_confinement) {
    std::fputs(confinement->Describe().c_str(), stdout);
    return 0;
  }
  auto sockets = BindSockets(options);
  if (!sockets) return Fail(sockets.error());
  const int port = sockets->front().port;

  LogStyle style = LogStyle::kPlain;
  if (options.log_format == LogFormat::kJson) {
    style = LogStyle::kJson;
  } else if (options.color && isatty(STDERR_FILENO)) {
    style = LogStyle::kColor;
  }
  auto outbound = MakeOutboundPolicy(options);
  if (!outbound) return Fail(outbound.error());
  auto origin = MakeOrigin(options);
  if (!origin) return Fail(origin.error());
  SignalWaiter signals;
  DevRequestLog request_log(options.color && isatty(STDOUT_FILENO));
  Log log(style);
  // From here to Enforce in this order, and nothing that would start a thread.
  std::unique_ptr<BuildProcess> builder;
  std::optional<WorkerModules> modules;
  if (confinement) {
    if (auto done = confinement->BecomeUser(); !done) return Fail(done.error());
    if (!fleet_file.empty()) {
      auto started = confinement->StartBuildProcess();
      if (!started) return Fail(started.error());
      builder = *std::move(started);
    } else {
      auto read = LoadWorkerModules(loaded->worker, false, bindings::GetApi()->BuiltinModules());
      if (!read) return Fail(read.error());
      PrintWarnings(read->warnings);
      modules = *std::move(read);
    }
    auto enforced = confinement->Enforce();
    if (!enforced) return Fail(enforced.error());
    PrintWarnings(*enforced);
    if (geteuid() == 0 && !IsLoopback(options.host)) PrintWarnings({"it runs as root; --user NAME gives that up"});
  }
  Storage storage(state_folder);
  // What is broken on the disk is told now, not to the first client.
  for (const config::KvNamespace& configured : loaded->worker.kv_namespaces) {
    if (auto checked = storage.kv.Open(KvId(options, configured))->Check(); !checked)
      return Fail(checked.error().message);
  }
  std::shared_ptr<runtime::CodeCache> code;
  if (!fleet_file.empty()) {
    code = std::make_shared<runtime::CodeCache>(storage.directory.AreaPath("code"), kCodeBytes);
  }
  Services services{.storage = storage,
                    .code = std::move(code),
                    .log = log,
                    .origin = *std::move(origin),
                    .cache = MakeCache(options, log),
                    .inspector = nullptr,
                    .request_log = development ? &request_log : nullptr};
  std::unique_ptr<InspectorServer> inspector = StartInspector(options, loaded->worker, &services);
  auto build = [&options, &services](const config::WorkerConfig& worker, std::unique_ptr<EsbuildService>* esbuild,
                                     std::vector<std::string>* warnings)
      -> std::expected<std::shared_ptr<const bindings::WorkerDefinition>, std::string> {
    auto built = LoadWorkerModules(worker, true, bindings::GetApi()->BuiltinModules(), esbuild);
    if (!built) return std::unexpected(built.error());
    *warnings = built->warnings;
    return DefineAlone(options, worker, *built, services);
  };
  std::shared_ptr<const bindings::WorkerDefinition> definition;
  if (modules) definition = DefineAlone(options, loaded->worker, *modules, services);
  runtime::Platform::Initialize();
  runtime::Watchdog watchdog;
  // In development shards start without a worker: they go on, too, when its first version cannot be loaded.
  auto state = std::make_shared<DevState>();
  std::shared_ptr<ConfiguredFleet> fleet_definitions;
  bindings::FleetLimits fleet_limits;
  std::string what = loaded->worker.name;
  if (!fleet_file.empty()) {
    size_t count = fleet->workers.size();
    what = std::to_string(count) + (count == 1 ? " worker" : " workers");
    fleet_limits = LimitsOf(*fleet, static_cast<size_t>(options.shards));
    fleet_definitions = DefineFleet(*std::move(fleet), options, services, builder.get());
  }

  std::vector<std::unique_ptr<ShardThread>> shards;
  std::vector<std::future<std::expected<void, std::string>>> loading;
  for (int i = 0; i < options.shards; ++i) {
    ShardThreadOptions shard_options;
    shard_options.shard.index = i;
    shard_options.shard.watchdog = &watchdog;
    shard_options.shard.log = &log;
    shard_options.shard.freeze_clocks = !development;
    shard_options.shard.outbound.policy = *outbound;
    shard_options.worker = definition;
    if (development) {
      shard_options.front = [state](bindings::WorkerHost& host) { return std::make_unique<DevFront>(host, state); };
    }
    shard_options.fleet = fleet_definitions;
    shard_options.fleet_limits = fleet_limits;
    shard_options.limits.max_body_bytes = options.max_body;
    shards.push_back(std::make_unique<ShardThread>(std::move(shard_options)));
    loading.push_back(shards.back()->Load());
  }
  // No socket opens before the worker has loaded everywhere. All shards see the same files: one error is enough.
  std::optional<std::string> error;
  std::vector<bool> running;
  for (auto& future : loading) {
    auto result = future.get();
    running.push_back(result.has_value());
    if (!result && !error) error = result.error();
  }
  std::optional<Reloader> reloader;
  if (!error && development) reloader.emplace(load, build, &shards, state).Start(loaded->worker);
  if (!error) {
    std::vector<std::future<std::expected<int, std::string>>> listening;
    for (size_t i = 0; i < shards.size(); ++i)
      listening.push_back(shards[i]->Listen(std::format("fd://{}", (*sockets)[i].fd), port));
    for (auto& future : listening) {
      auto result = future.get();
      if (!result && !error) error = result.error();
    }
  }
  if (error) {
    for (size_t i = 0; i < shards.size(); ++i) {
      if (running[i]) shards[i]->Stop();
    }
    shards.clear();
    return Fail(*error);
  }

  std::printf("verge %s: %s at http://%s:%d (%d %s, %lld ms CPU a request)\n", kVergeVersion, what.c_str(),
              UrlHost(options.host).c_str(), port, options.shards, options.shards == 1 ? "shard" : "shards",
              static_cast<long long>(CpuMs(options, loaded->worker)));
  if (inspector) std::printf("debugger at %s (chrome://inspect)\n", inspector->WebSocketUrl().c_str());
  std::fflush(stdout);

  if (reloader) {
    reloader->Run(signals.set());
  } else {
    while (signals.Wait() == SIGHUP && fleet_definitions) {
      auto reloaded = config::LoadFleet(fleet_file);
      if (!reloaded) {
        log.Write(runtime::LogLevel::kError, "",
                  "not reloaded, everything stays as it was: " + reloaded.error().front().ToString());
        continue;
      }
      for (const config::Problem& problem : reloaded->warnings) {
        log.Write(runtime::LogLevel::kWarn, "", problem.ToString());
      }
      fleet_limits = LimitsOf(*reloaded, static_cast<size_t>(options.shards));
      auto next = DefineFleet(*std::move(reloaded), options, services, builder.get());
      next->Adopt(*fleet_definitions);
      fleet_definitions = std::move(next);
      for (auto& shard : shards) shard->ReplaceFleet(fleet_definitions, fleet_limits).get();
      log.Write(runtime::LogLevel::kInfo, "",
                std::format("reloaded {}: {} workers", fleet_file, fleet_definitions->fleet().workers.size()));
    }
  }
  signals.Default();
  // What is paused goes on, to finish.
  inspector.reset();
  std::vector<std::future<bool>> draining;
  for (auto& shard : shards) draining.push_back(shard->Drain(std::chrono::seconds(options.drain_timeout)));
  bool cut = false;
  for (auto& future : draining) cut = future.get() || cut;
  if (cut) {
    log.Write(runtime::LogLevel::kWarn, "", "stopped with work still under way: the drain timeout was over");
    // Invocations that were cut off hold handles into their isolates: leaving is cleaner than tearing them apart.
    std::_Exit(0);
  }
  return 0;
}

}  // namespace verge::cli
