#include "cli/serve.h"

#include <signal.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bindings/api.h"
#include "bindings/worker/worker.h"
#include "cli/bundle/worker_modules.h"
#include "cli/fleet_definitions.h"
#include "cli/log.h"
#include "cli/shard_thread.h"
#include "cli/version.h"
#include "config/fleet.h"
#include "config/project.h"
#include "http/server.h"
#include "runtime/platform.h"
#include "runtime/watchdog.h"

namespace verge::cli {
namespace {

int Fail(std::string_view message) {
  std::fprintf(stderr, "verge: %.*s\n", static_cast<int>(message.size()), message.data());
  return kUsageExitCode;
}

std::shared_ptr<const bindings::WorkerDefinition> Define(const Options& options, const config::WorkerConfig& worker,
                                                         const WorkerModules& modules) {
  auto definition = std::make_shared<bindings::WorkerDefinition>();
  definition->api = bindings::GetApi();
  definition->name = worker.name;
  definition->main = modules.main;
  definition->modules = modules.source;
  for (const config::Var& var : worker.vars) {
    definition->vars.push_back({var.name, !var.is_text, var.is_text ? var.text : var.json});
  }
  int64_t cpu_ms = options.cpu_ms.value_or(worker.limits.cpu_ms.value_or(DefaultCpuMs(options.command)));
  definition->limits.cpu = std::chrono::milliseconds(cpu_ms);
  if (worker.limits.subrequests) {
    definition->limits.subrequests = static_cast<uint32_t>(*worker.limits.subrequests);
  }
  definition->limits.pbkdf2_iterations = options.pbkdf2_iterations;
  definition->allow_code_from_strings = options.allow_eval;
  definition->development = options.command == Command::kDev;
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

// Blocks the signals that end the program, in this thread and all that it starts, and waits for them here.
class SignalWaiter {
 public:
  SignalWaiter() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    // A client that goes away while it is written to is an error of that write.
    signal(SIGPIPE, SIG_IGN);
  }
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

// Half of the machine's memory, or of what this process may use of it.
uint64_t DefaultMemory() {
  uint64_t total = uv_get_total_memory();
  uint64_t allowed = uv_get_constrained_memory();
  return (allowed > 0 && allowed < total ? allowed : total) / 2;
}

void PrintProblems(const std::vector<config::Problem>& problems, const char* kind) {
  for (const config::Problem& problem : problems) {
    std::fprintf(stderr, "verge: %s%s\n", kind, problem.ToString().c_str());
  }
}

}  // namespace

int Serve(const Options& options) {
  bool development = options.command == Command::kDev;
  std::string fleet_file = config::FindFleet(options.path);
  if (!fleet_file.empty() && development) {
    return Fail(fleet_file + ": a file of many workers is for verge serve; give verge dev one of its workers");
  }
  std::expected<config::Fleet, std::vector<config::Problem>> fleet;
  std::expected<config::LoadResult, std::vector<config::Problem>> loaded;
  if (!fleet_file.empty()) {
    fleet = config::LoadFleet(fleet_file);
    if (fleet) loaded->warnings = std::move(fleet->warnings);
  } else {
    loaded = config::Load({.path = options.path, .env = options.env, .development = development, .vars = options.vars});
  }
  if (!fleet || !loaded) {
    PrintProblems(fleet ? loaded.error() : fleet.error(), "");
    return kUsageExitCode;
  }
  PrintProblems(loaded->warnings, "warning: ");
  auto port = http::ProbeAddress(options.host, options.port);
  if (!port) return Fail(port.error());

  LogStyle style = LogStyle::kPlain;
  if (options.log_format == LogFormat::kJson) {
    style = LogStyle::kJson;
  } else if (options.color && isatty(STDERR_FILENO)) {
    style = LogStyle::kColor;
  }
  auto outbound = MakeOutboundPolicy(options);
  if (!outbound) return Fail(outbound.error());
  SignalWaiter signals;
  std::expected<WorkerModules, std::string> modules;
  if (fleet_file.empty()) {
    modules = LoadWorkerModules(loaded->worker, development, bindings::GetApi()->BuiltinModules());
  }
  if (!modules) return Fail(modules.error());
  for (const std::string& warning : modules->warnings) std::fprintf(stderr, "verge: warning: %s\n", warning.c_str());
  Log log(style);
  runtime::Platform::Initialize();
  runtime::Watchdog watchdog;
  std::shared_ptr<const bindings::WorkerDefinition> definition;
  std::shared_ptr<bindings::FleetDefinitions> fleet_definitions;
  bindings::FleetLimits fleet_limits;
  std::string what = loaded->worker.name;
  if (fleet_file.empty()) {
    definition = Define(options, loaded->worker, *modules);
  } else {
    size_t count = fleet->workers.size();
    what = std::to_string(count) + (count == 1 ? " worker" : " workers");
    fleet_limits.memory_bytes =
        fleet->memory_bytes.value_or(DefaultMemory()) / static_cast<uint64_t>(std::max(options.shards, 1));
    fleet_limits.isolates = std::max<size_t>(fleet_limits.isolates / static_cast<size_t>(options.shards), 1);
    if (fleet->idle_timeout) fleet_limits.idle_ms = static_cast<uint64_t>(fleet->idle_timeout->count()) * 1000;
    fleet_definitions = std::make_shared<ConfiguredFleet>(
        *std::move(fleet), [&options](const config::WorkerConfig& worker, const WorkerModules& of_worker) {
          return Define(options, worker, of_worker);
        });
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
  if (!error) {
    std::vector<std::future<std::expected<int, std::string>>> listening;
    for (auto& shard : shards) listening.push_back(shard->Listen(options.host, *port));
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
              UrlHost(options.host).c_str(), *port, options.shards, options.shards == 1 ? "shard" : "shards",
              static_cast<long long>(options.cpu_ms.value_or(definition ? definition->limits.cpu.count()
                                                                        : DefaultCpuMs(options.command))));
  std::fflush(stdout);

  signals.Wait();
  signals.Default();
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
