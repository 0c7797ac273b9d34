#include "cli/serve.h"

#include <signal.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <atomic>
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
#include "bindings/worker/fleet.h"
#include "bindings/worker/worker.h"
#include "cache/service.h"
#include "cli/admin/admin_server.h"
#include "cli/bundle/worker_modules.h"
#include "cli/cache/cache_routes.h"
#include "cli/confinement.h"
#include "cli/definitions.h"
#include "cli/dev/custom_build.h"
#include "cli/dev/explorer/explorer.h"
#include "cli/dev/reloader.h"
#include "cli/dev/request_log.h"
#include "cli/fleet_version.h"
#include "cli/inspector/inspector_server.h"
#include "cli/log.h"
#include "cli/metrics/operator_answers.h"
#include "cli/metrics/operator_server.h"
#include "cli/schedule/clock.h"
#include "cli/schedule/schedule.h"
#include "cli/schedule/scheduler.h"
#include "cli/shard_thread.h"
#include "cli/signal_waiter.h"
#include "cli/storage.h"
#include "cli/test_clock.h"
#include "cli/tls/own_certificate.h"
#include "cli/version.h"
#include "config/fleet.h"
#include "config/project.h"
#include "http/address.h"
#include "http/server.h"
#include "runtime/code_cache.h"
#include "runtime/meter.h"
#include "runtime/platform.h"
#include "runtime/watchdog.h"

namespace verge::cli {
namespace {

int Fail(std::string_view message) {
  std::fprintf(stderr, "verge: %.*s\n", static_cast<int>(message.size()), message.data());
  return kUsageExitCode;
}

// What the explorer shows of a worker.
ExplorerSubject::Worker Explored(const Options& options, const config::WorkerConfig& worker) {
  ExplorerSubject::Worker explored{.name = worker.name, .kv = {}, .d1 = {}};
  for (const config::KvNamespace& each : worker.kv_namespaces) {
    explored.kv.push_back({each.binding, KvId(options, each), "", ""});
  }
  for (const config::D1Database& each : worker.d1_databases)
    explored.d1.push_back({each.binding, each.id, each.name, ""});
  return explored;
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

// Null: plain HTTP.
std::expected<std::shared_ptr<const http::TlsIdentity>, std::string> MakeTlsIdentity(const Options& options,
                                                                                     const config::WorkerConfig& worker,
                                                                                     const std::string& state_folder) {
  if (options.tls_certs.size() != options.tls_keys.size()) {
    return std::unexpected("each certificate needs a key, and each key a certificate");
  }
  std::vector<http::TlsCertificate> certificates;
  for (size_t i = 0; i < options.tls_certs.size(); ++i) {
    certificates.push_back({options.tls_certs[i], options.tls_keys[i]});
  }
  const bool development = options.command == Command::kDev;
  if (certificates.empty()) {
    if (!development || !options.https.value_or(worker.dev.https)) return nullptr;
    auto own = OwnCertificate(state_folder);
    if (!own) return std::unexpected("no certificate for HTTPS: " + own.error());
    certificates.push_back(*std::move(own));
  }
  return http::TlsIdentity::Load(certificates);
}

std::unique_ptr<ScheduleClock> MakeScheduleClock(const Options& options) {
  if (options.test_schedule_speed > 1) return std::make_unique<FastScheduleClock>(options.test_schedule_speed);
  return std::make_unique<SystemScheduleClock>();
}

std::string UrlHost(const std::string& host) {
  if (host == "0.0.0.0") return "127.0.0.1";
  if (host == "::") return "[::1]";
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

// `clock` (null: the machine's) outlives it.
std::shared_ptr<cache::Service> MakeCache(const Options& options, const Storage& storage, const cache::Clock* clock,
                                          runtime::LogSink& log) {
  cache::Options cache;
  if (clock) cache.clock = clock;
  cache.memory_bytes = options.cache_memory;
  cache.owner_memory_bytes = std::min(cache.owner_memory_bytes, options.cache_memory);
  cache.disk_bytes = options.cache_disk;
  cache.owner_disk_bytes = std::min(cache.owner_disk_bytes, options.cache_disk);
  if (options.cache_disk > 0) cache.folder = storage.directory.AreaPath("cache");
  cache.log = [&log](std::string_view line) { log.Write(runtime::LogLevel::kWarn, "", "cache: " + std::string(line)); };
  return cache::Service::Create(std::move(cache));
}

// What wakes workers by their crons; null: none has any, nor will.
std::function<std::unique_ptr<Scheduler>(runtime::Shard&, bindings::WorkerHost*, bindings::Fleet*)> MakeScheduler(
    const Schedule& schedule, bool may_change, const ScheduleClock& clock) {
  if (schedule.empty() && !may_change) return nullptr;
  return [schedule, &clock](runtime::Shard& shard, bindings::WorkerHost* host, bindings::Fleet* fleet) {
    return std::make_unique<Scheduler>(shard.timers(), clock, schedule, [host, fleet](const Schedule::Due& due) {
      const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(due.minute.time_since_epoch());
      bindings::ScheduledEvent event{.cron = due.cron, .time_ms = time.count()};
      if (fleet) {
        fleet->OnScheduled(due.worker, std::move(event));
      } else {
        host->OnScheduled(std::move(event), [](const bindings::ScheduledResult&) {});
      }
    });
  };
}

// Of compiled code on disk.
constexpr uint64_t kCodeBytes = uint64_t{512} << 20;

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

// What the configuration says of development, and the command line does not.
void ApplyDevConfig(const config::DevConfig& dev, Options* options) {
  if (!options->host_given && !dev.ip.empty()) options->host = dev.ip;
  if (!options->port_given && dev.port) options->port = *dev.port;
  if (!options->inspector_port_given && dev.inspector_port) options->inspector_port = *dev.inspector_port;
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

int Serve(const Options& given) {
  bool development = given.command == Command::kDev;
  const config::LoadOptions load{.path = given.path, .env = given.env, .development = development, .vars = given.vars};
  std::string fleet_file = config::FindFleet(given.path);
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
    config::LoadOptions first = load;
    if (development) {
      first.build = [](const config::BuildConfig& build, const std::string& folder) -> std::optional<std::string> {
        auto built = RunCustomBuild(build, folder, -1);
        return built ? std::nullopt : std::optional(built.error());
      };
    }
    loaded = config::Load(first);
    if (loaded && !development && !loaded->worker.build.command.empty()) {
      loaded->warnings.push_back(
          {loaded->worker.source, 0, 0, "'build.command' is run by verge dev only; run it before verge serve"});
    }
  }
  if (!fleet || !loaded) {
    PrintProblems(fleet ? loaded.error() : fleet.error(), "");
    return kUsageExitCode;
  }
  PrintProblems(loaded->warnings, "warning: ");
  Options options = given;
  if (development) ApplyDevConfig(loaded->worker.dev, &options);
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
  std::optional<http::BoundSocket> operator_socket;
  if (options.metrics_port >= 0) {
    auto bound = http::Bind(options.metrics_host, options.metrics_port, false);
    if (!bound) return Fail("--metrics: " + bound.error());
    operator_socket = *bound;
  }
  const int port = sockets->front().port;

  // https://no-color.org
  const char* no_color = std::getenv("NO_COLOR");
  const bool color = options.color && (!no_color || !*no_color);
  LogStyle style = LogStyle::kPlain;
  if (options.log_format == LogFormat::kJson) {
    style = LogStyle::kJson;
  } else if (color && isatty(STDERR_FILENO)) {
    style = LogStyle::kColor;
  }
  auto outbound = MakeOutboundPolicy(options);
  if (!outbound) return Fail(outbound.error());
  auto origin = MakeOrigin(options);
  if (!origin) return Fail(origin.error());
  std::unique_ptr<TestClock> clock;
  if (!options.test_clock.empty()) {
    auto opened = TestClock::Open(options.test_clock);
    if (!opened) return Fail(opened.error());
    clock = *std::move(opened);
  }
  SignalWaiter signals(!fleet_file.empty());
  Log terminal(style);
  RequestHistory history;
  DevRequestLog request_log(loaded->worker.name, false, color && isatty(STDOUT_FILENO), history);
  RecordingLog recording(terminal, history);
  runtime::LogSink& log = development ? static_cast<runtime::LogSink&>(recording) : terminal;
  auto tls = MakeTlsIdentity(options, loaded->worker, state_folder);
  if (!tls) return Fail(tls.error());
  // From here to Enforce in this order, and nothing that would start a thread.
  std::unique_ptr<BuildProcess> builder;
  std::optional<WorkerModules> modules;
  if (confinement) {
    if (auto done = confinement->BecomeUser(); !done) return Fail(done.error());
  }
  auto admin_socket = AdminSocket::Make(sqlite::StateDirectory(state_folder));
  if (!admin_socket) PrintWarnings({"verge cache will not find this server: " + admin_socket.error()});
  if (confinement) {
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
  Storage storage(state_folder, clock ? &clock->kv() : nullptr);
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
                    .cache = MakeCache(options, storage, clock ? &clock->cache() : nullptr, log),
                    .inspector = nullptr,
                    .recorder = development ? &request_log : nullptr,
                    .metering = std::make_shared<runtime::Metering>(static_cast<size_t>(options.shards))};
  std::unique_ptr<AdminServer> admin;
  if (admin_socket) {
    auto started = AdminServer::Start(*std::move(admin_socket), CacheRoutes(*services.cache));
    if (!started) return Fail(started.error());
    admin = *std::move(started);
  }
  std::unique_ptr<InspectorServer> inspector = StartInspector(options, loaded->worker, &services);
  std::shared_ptr<ExplorerSubject> subject;
  if (development) subject = std::make_shared<ExplorerSubject>(storage.kv, storage.d1, services.cache, history);
  auto build = [&options, &services, &subject](const config::WorkerConfig& worker,
                                               std::unique_ptr<EsbuildService>* esbuild,
                                               std::vector<std::string>* warnings)
      -> std::expected<std::shared_ptr<const bindings::WorkerDefinition>, std::string> {
    subject->Set(0, Explored(options, worker));
    auto built = LoadWorkerModules(worker, true, bindings::GetApi()->BuiltinModules(), esbuild);
    if (!built) return std::unexpected(built.error());
    *warnings = built->warnings;
    return DefineAlone(options, worker, *built, services);
  };
  std::shared_ptr<const bindings::WorkerDefinition> definition;
  if (modules) {
    auto defined = DefineAlone(options, loaded->worker, *modules, services);
    if (!defined) return Fail(defined.error());
    definition = *std::move(defined);
  }
  runtime::Platform::Initialize();
  runtime::Watchdog watchdog;
  // In development shards start without a worker: they go on, too, when its first version cannot be loaded.
  auto state = std::make_shared<DevState>();
  FleetVersion fleet_version;
  std::string what = loaded->worker.name;
  // In development workers are woken by hand only.
  Schedule schedule;
  if (!development) {
    for (const std::string& cron : loaded->worker.crons) schedule.Add(0, cron);
  }
  if (!fleet_file.empty()) {
    size_t count = fleet->workers.size();
    what = std::to_string(count) + (count == 1 ? " worker" : " workers");
    fleet_version = MakeFleetVersion(*std::move(fleet), options, services, builder.get());
    schedule = fleet_version.schedule;
  }

  const std::unique_ptr<ScheduleClock> schedule_clock = MakeScheduleClock(options);
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
      const LocalEndpoints endpoints{.test_scheduled = options.test_scheduled};
      shard_options.front = [state, subject, endpoints](runtime::Shard& shard, bindings::WorkerHost& host) {
        return std::make_unique<DevFront>(host, state, endpoints, Explorer(subject, shard.mailbox()));
      };
    }
    // Of all shards one keeps the time.
    if (i == 0) shard_options.scheduler = MakeScheduler(schedule, !fleet_file.empty(), *schedule_clock);
    shard_options.metering = services.metering;
    shard_options.fleet = fleet_version.definitions;
    shard_options.fleet_limits = fleet_version.limits;
    shard_options.limits.max_body_bytes = options.max_body;
    shard_options.tls = *tls;
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
  if (!error && development) reloader.emplace(load, build, &shards, state, signals.set()).Start(loaded->worker);
  if (!error) {
    std::vector<std::future<std::expected<int, std::string>>> listening;
    for (size_t i = 0; i < shards.size(); ++i)
      listening.push_back(shards[i]->Listen(std::format("fd://{}", (*sockets)[i].fd), port));
    for (auto& future : listening) {
      auto result = future.get();
      if (!result && !error) error = result.error();
    }
  }
  std::atomic<bool> ready = !error;
  std::unique_ptr<OperatorServer> operator_server;
  if (!error && operator_socket) {
    const OperatorSubject subject{
        .metering = *services.metering,
        .cache = services.cache.get(),
        .version = kVergeVersion,
        .patience = std::chrono::milliseconds(10'000 + LimitsOf(options, loaded->worker).cpu.count()),
        .ready = ready};
    auto started = OperatorServer::Start(std::format("fd://{}", operator_socket->fd), operator_socket->port,
                                         [subject](std::string_view path) { return AnswerOperator(path, subject); });
    if (started) {
      operator_server = *std::move(started);
    } else {
      error = "--metrics: " + started.error();
    }
  }
  if (error) {
    for (size_t i = 0; i < shards.size(); ++i) {
      if (running[i]) shards[i]->Stop();
    }
    shards.clear();
    return Fail(*error);
  }

  const std::string url =
      std::string(*tls ? "https://" : "http://") + UrlHost(options.host) + ":" + std::to_string(port);
  std::printf("verge %s: %s at %s (%d %s, %lld ms CPU a request)\n", kVergeVersion, what.c_str(), url.c_str(),
              options.shards, options.shards == 1 ? "shard" : "shards",
              static_cast<long long>(LimitsOf(options, loaded->worker).cpu.count()));
  if (operator_server) {
    std::printf("metrics at http://%s:%d/metrics\n", UrlHost(options.metrics_host).c_str(), operator_server->port());
  }
  if (development) {
    std::printf("explorer at %s%s\n", url.c_str(), Explorer::kPath.data());
  }
  if (inspector) std::printf("debugger at %s (chrome://inspect)\n", inspector->WebSocketUrl().c_str());
  std::fflush(stdout);

  if (reloader) {
    std::unique_ptr<Hotkeys> hotkeys = Hotkeys::Start(
        {.url = url, .debugger = inspector ? inspector->WebSocketUrl() : "", .explorer = std::string(Explorer::kPath)});
    if (hotkeys) hotkeys->Print();
    reloader->Run(hotkeys.get());
  } else {
    while (signals.Wait() == SIGHUP) ReloadFleet(fleet_file, options, services, builder.get(), shards, &fleet_version);
  }
  ready = false;
  signals.Default();
  // What is paused goes on, to finish.
  inspector.reset();
  admin.reset();
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
