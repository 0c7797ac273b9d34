#include "cli/options/option_table.h"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <format>
#include <limits>
#include <thread>

#include "runtime/limit_profiles.h"

namespace verge::cli {
namespace {

using Wrong = std::optional<std::string_view>;

constexpr CommandSet kRunning = SetOf(Command::kServe) | SetOf(Command::kDev);

constexpr std::string_view kDefaultHost = "127.0.0.1";
constexpr int kDefaultPort = 8787;
constexpr int kDefaultInspectorPort = 9229;
constexpr uint64_t kDefaultCacheMemory = uint64_t{256} << 20;
constexpr uint64_t kDefaultCacheDisk = uint64_t{8} << 30;
constexpr int kDefaultDrainTimeout = 30;
constexpr uint32_t kDefaultPbkdf2Iterations = 100'000;

// A sanitizer that has found something runs a program to name the places.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define VERGE_HAS_SANITIZER
#endif
#endif
#ifdef VERGE_HAS_SANITIZER
constexpr bool kConfineByDefault = false;
#else
constexpr bool kConfineByDefault = true;
#endif

template <typename T>
bool ParseWhole(std::string_view text, T min, T max, T* out) {
  const char* end = text.data() + text.size();
  T number{};
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end || number < min || number > max) return false;
  *out = number;
  return true;
}

// "100MB", "64KiB", "1024".
std::optional<uint64_t> ParseBytes(std::string_view text) {
  struct Unit {
    std::string_view name;
    uint64_t factor;
  };
  static constexpr Unit kUnits[] = {{"", 1},
                                    {"b", 1},
                                    {"kb", 1'000},
                                    {"mb", 1'000'000},
                                    {"gb", 1'000'000'000},
                                    {"kib", uint64_t{1} << 10},
                                    {"mib", uint64_t{1} << 20},
                                    {"gib", uint64_t{1} << 30}};
  uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc()) return std::nullopt;
  const std::string_view unit(rest, static_cast<size_t>(end - rest));
  for (const Unit& known : kUnits) {
    const bool same = std::ranges::equal(unit, known.name, [](char a, char b) {
      return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
    if (!same) continue;
    // Beyond this, sums with other sizes might not fit any more.
    if (number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) / 2 / known.factor) return std::nullopt;
    return number * known.factor;
  }
  return std::nullopt;
}

Wrong SetHost(std::string_view value, Options* options) {
  if (value.size() > 2 && value.front() == '[' && value.back() == ']') value = value.substr(1, value.size() - 2);
  const bool fit = !value.empty() && value.size() <= 255 &&
                   std::ranges::all_of(value, [](char c) { return c > ' ' && c < 0x7F && c != '/' && c != '['; });
  if (!fit) return "an address or a name, such as 127.0.0.1, :: or localhost";
  options->host = value;
  options->host_given = true;
  return {};
}

Wrong SetPort(std::string_view value, Options* options) {
  if (!ParseWhole(value, 0, 65535, &options->port)) return "a whole number from 0 to 65535";
  options->port_given = true;
  return {};
}

Wrong SetInspectorPort(std::string_view value, Options* options) {
  options->inspector_port_given = true;
  if (value == "off") {
    options->inspector_port = -1;
  } else if (!ParseWhole(value, 0, 65535, &options->inspector_port)) {
    return "a whole number from 0 to 65535, or off";
  }
  return {};
}

Wrong SetShards(std::string_view value, Options* options) {
  if (!ParseWhole(value, 1, 1024, &options->shards)) return "a whole number from 1 to 1024";
  return {};
}

Wrong SetCpuMs(std::string_view value, Options* options) {
  int64_t number = 0;
  if (!ParseWhole<int64_t>(value, 1, 300'000, &number)) return "a whole number of milliseconds from 1 to 300000";
  options->cpu_ms = number;
  return {};
}

Wrong SetLimits(std::string_view value, Options* options) {
  if (runtime::FindLimits(value)) {
    options->limits = value;
    return {};
  }
  static const std::string names = [] {
    std::string all;
    for (const runtime::LimitProfile& each : runtime::LimitProfiles()) {
      if (!all.empty()) all += &each == &runtime::LimitProfiles().back() ? " or " : ", ";
      all += each.name;
    }
    return all;
  }();
  return names;
}

// wrangler has a colon between them.
Wrong SetVar(std::string_view value, Options* options) {
  const size_t sign = value.find_first_of("=:");
  if (sign == std::string_view::npos || sign == 0) return "NAME=VALUE or NAME:VALUE";
  options->vars.emplace_back(value.substr(0, sign), value.substr(sign + 1));
  return {};
}

Wrong SetEnv(std::string_view value, Options* options) {
  options->env = value;  // "" is the top level, as in wrangler's --env=""
  return {};
}

Wrong SetMaxBody(std::string_view value, Options* options) {
  const std::optional<uint64_t> bytes = ParseBytes(value);
  if (!bytes) return "a number of bytes, such as 1048576, 100MB or 64KiB";
  options->max_body = *bytes;
  return {};
}

Wrong SetAllowOutbound(std::string_view value, Options* options) {
  options->allow_outbound.emplace_back(value);
  return {};
}

Wrong SetCacheMemory(std::string_view value, Options* options) {
  const std::optional<uint64_t> bytes = ParseBytes(value);
  if (!bytes) return "a number of bytes, such as 64MB or 1GiB";
  options->cache_memory = *bytes;
  return {};
}

Wrong SetCacheDisk(std::string_view value, Options* options) {
  const std::optional<uint64_t> bytes = ParseBytes(value);
  if (!bytes) return "a number of bytes, such as 10GB, or 0 for none";
  options->cache_disk = *bytes;
  return {};
}

Wrong SetOrigin(std::string_view value, Options* options) {
  if (!value.starts_with("http://") && !value.starts_with("https://")) {
    return "scheme, host and port of a server, such as http://127.0.0.1:9000";
  }
  options->origin = value;
  return {};
}

Wrong SetOriginHost(std::string_view value, Options* options) {
  if (value != "client" && value != "origin") return "client or origin";
  options->origin_host = value == "origin";
  return {};
}

Wrong SetDrainTimeout(std::string_view value, Options* options) {
  if (!ParseWhole(value, 0, 86'400, &options->drain_timeout)) return "a whole number of seconds from 0 to 86400";
  return {};
}

Wrong SetPbkdf2Iterations(std::string_view value, Options* options) {
  if (!ParseWhole(value, uint32_t{1}, std::numeric_limits<uint32_t>::max(), &options->pbkdf2_iterations)) {
    return "a whole number from 1 to 4294967295";
  }
  return {};
}

Wrong SetHttps(std::string_view, Options* options) {
  options->https = true;
  return {};
}

Wrong SetLocalProtocol(std::string_view value, Options* options) {
  if (value != "http" && value != "https") return "http or https";
  options->https = value == "https";
  return {};
}

Wrong SetTlsCert(std::string_view value, Options* options) {
  if (value.empty()) return "a file";
  options->tls_certs.emplace_back(value);
  return {};
}

Wrong SetTlsKey(std::string_view value, Options* options) {
  if (value.empty()) return "a file";
  options->tls_keys.emplace_back(value);
  return {};
}

Wrong SetTestScheduled(std::string_view, Options* options) {
  options->test_scheduled = true;
  return {};
}

Wrong SetTestScheduleSpeed(std::string_view value, Options* options) {
  if (!ParseWhole(value, uint32_t{1}, uint32_t{100'000}, &options->test_schedule_speed)) {
    return "a whole number from 1 to 100000";
  }
  return {};
}

Wrong SetTestTerminateAt(std::string_view value, Options* options) {
  if (!ParseWhole(value, uint64_t{0}, std::numeric_limits<uint64_t>::max(), &options->test_terminate_at)) {
    return "a whole number";
  }
  return {};
}

Wrong SetTestClock(std::string_view value, Options* options) {
  options->test_clock = value;
  return {};
}

Wrong SetData(std::string_view value, Options* options) {
  if (value.empty() || value.find('\0') != std::string_view::npos) return "a folder";
  options->data = value;
  return {};
}

Wrong SetMetrics(std::string_view value, Options* options) {
  constexpr std::string_view kRight = "a port or an address with a port, such as 9090, 127.0.0.1:9090 or [::1]:9090";
  const size_t colon = value.rfind(':');
  std::string_view host = kDefaultHost;
  if (colon != std::string_view::npos) {
    host = value.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    if (host.empty() || host.find('/') != std::string_view::npos) return kRight;
  }
  if (!ParseWhole(value.substr(colon == std::string_view::npos ? 0 : colon + 1), 0, 65535, &options->metrics_port)) {
    return kRight;
  }
  options->metrics_host = host;
  return {};
}

Wrong SetConfine(std::string_view value, Options* options) {
  if (value == "on") {
    options->confine = ConfineMode::kOn;
  } else if (value == "off") {
    options->confine = ConfineMode::kOff;
  } else if (value == "required") {
    options->confine = ConfineMode::kRequired;
  } else {
    return "on, off or required";
  }
  return {};
}

Wrong SetAllowRead(std::string_view value, Options* options) {
  if (value.empty() || value.find('\0') != std::string_view::npos) return "a file or a folder";
  options->allow_read.emplace_back(value);
  return {};
}

Wrong SetUser(std::string_view value, Options* options) {
  if (value.empty()) return "the name or number of a user, or none";
  options->user = value == "none" ? "" : value;
  return {};
}

Wrong SetShowConfinement(std::string_view, Options* options) {
  options->show_confinement = true;
  return {};
}

Wrong SetLogFormat(std::string_view value, Options* options) {
  if (value == "text") {
    options->log_format = LogFormat::kText;
  } else if (value == "json") {
    options->log_format = LogFormat::kJson;
  } else {
    return "text or json";
  }
  return {};
}

Wrong SetAllowEval(std::string_view, Options* options) {
  options->allow_eval = true;
  return {};
}

Wrong SetNoColor(std::string_view, Options* options) {
  options->color = false;
  return {};
}

Wrong SetHelp(std::string_view, Options* options) {
  options->help_about = options->command;
  options->command = Command::kHelp;
  return {};
}

Wrong SetVersion(std::string_view, Options* options) {
  options->command = Command::kVersion;
  return {};
}

constexpr CommandSpec kCommands[] = {
    {Command::kServe,
     "serve",
     "[FILE|DIR]",
     "Run a worker for production",
     "Runs a worker with production settings: a shard for every CPU, tight CPU limits for each request, and only the "
     "variables of the configuration. On SIGHUP it reads a file of many workers again. On SIGTERM or SIGINT it stops "
     "accepting connections and finishes what is in "
     "flight.",
     {"verge serve --host 0.0.0.0 --port 80", "verge serve workers/api --env production --log-format json",
      "verge serve worker.js --cpu-ms 10 --max-body 1MB"}},
    {Command::kDev,
     "dev",
     "[FILE|DIR]",
     "Run a worker while writing it",
     "Runs a worker with settings for development: one shard, generous CPU limits, and the variables of .dev.vars (or "
     "else .env) beside the configuration in addition to its own.",
     {"verge dev", "verge dev src/index.js --port 3000",
      "verge dev --env staging --var API_URL=http://localhost:9000"}},
};

constexpr OptionSpec kOptions[] = {
    {"--host", "--ip", "HOST", kRunning,
     "Address to listen on. Only this machine can reach the default; use 0.0.0.0 or :: for every interface.",
     [](Command) { return std::string(kDefaultHost); }, SetHost},
    {"--port", "-p", "N", kRunning, "Port to listen on; 0 picks a free one.",
     [](Command) { return std::to_string(kDefaultPort); }, SetPort},
    {"--https", "", "", SetOf(Command::kDev),
     "Serve HTTPS, with a certificate for localhost that is made for it and kept, or with that of --https-cert.",
     nullptr, SetHttps},
    {"--local-protocol", "", "http|https", SetOf(Command::kDev), "As --https, or not.",
     [](Command) { return std::string("dev.local_protocol of the configuration, or else http"); }, SetLocalProtocol},
    {"--https-cert", "--https-cert-path", "FILE", SetOf(Command::kDev), "Certificate for HTTPS, in PEM form.", nullptr,
     SetTlsCert},
    {"--https-key", "--https-key-path", "FILE", SetOf(Command::kDev), "Its private key.", nullptr, SetTlsKey},
    {"--tls-cert", "", "FILE", SetOf(Command::kServe),
     "Serve HTTPS with this certificate (PEM, followed by those that lead to a root). May be given more than once, "
     "each "
     "with a --tls-key: clients get the one for the host that they name, else the first one.",
     nullptr, SetTlsCert},
    {"--tls-key", "", "FILE", SetOf(Command::kServe), "The private key of the --tls-cert before it.", nullptr,
     SetTlsKey},
    {"--shards", "", "N", kRunning, "Threads, each with its own event loop, listening socket and isolates.",
     [](Command command) { return std::string(command == Command::kServe ? "the number of CPUs" : "1"); }, SetShards},
    {"--cpu-ms", "", "N", kRunning, "CPU time that handling a request may take, in milliseconds.",
     [](Command command) {
       return std::format("limits.cpu_ms of the configuration, or else {}", DefaultCpuMs(command));
     },
     SetCpuMs},
    {"--limits", "", "NAME", kRunning,
     "What a worker may use, where its configuration does not say: default, cloudflare-free (10 ms of CPU time, 50 "
     "subrequests), cloudflare-paid (30 s, 10,000) or strict (10 ms, 64 MB of memory, 30 s of wall time). "
     "docs/limits.md "
     "has the numbers and the keys of the configuration.",
     [](Command) { return std::string("default"); }, SetLimits},
    {"--max-body", "", "BYTES", kRunning, "Longest request body: bytes, or with a unit such as 64KiB or 100MB.",
     [](Command) { return std::string("limits.body_mb of the configuration, or else 100MB"); }, SetMaxBody},
    {"--drain-timeout", "", "SECONDS", kRunning, "How long requests in flight may take to finish when stopping.",
     [](Command) { return std::to_string(kDefaultDrainTimeout); }, SetDrainTimeout},
    {"--allow-outbound", "", "ADDRESS", kRunning,
     "Let fetch() reach this address or range besides public ones: 10.1.2.3, 10.0.0.0/8, 127.0.0.1:9000, [::1]:9000, "
     "or "
     "all. May be given more than once.",
     [](Command command) { return std::string(command == Command::kDev ? "all" : "public addresses only"); },
     SetAllowOutbound},
    {"--cache-memory", "", "BYTES", kRunning, "Memory for what is cached, of all workers together.",
     [](Command) { return std::string("256MiB"); }, SetCacheMemory},
    {"--cache-disk", "", "BYTES", kRunning,
     "Room on disk, below --data, for what is cached and survives a restart; 0: memory only. One program at a time "
     "uses "
     "it.",
     [](Command command) { return std::string(command == Command::kDev ? "0" : "8GiB"); }, SetCacheDisk},
    {"--origin", "", "URL", kRunning,
     "The server behind the worker: fetch() of the host that a request came in for goes there, as fetch(request) does "
     "on Cloudflare. It may be on a private address.",
     nullptr, SetOrigin},
    {"--origin-host", "", "client|origin", kRunning,
     "Which Host the origin is told: the one that the client sent, or its own.",
     [](Command) { return std::string("client"); }, SetOriginHost},
    {"--pbkdf2-iterations", "", "N", kRunning, "Most iterations of one PBKDF2 derivation in crypto.subtle.",
     [](Command) { return std::to_string(kDefaultPbkdf2Iterations); }, SetPbkdf2Iterations},
    {"--allow-eval", "", "", kRunning,
     "Let the worker make code from strings (eval, new Function) and WebAssembly from bytes while it handles requests. "
     "Workers platforms refuse that.",
     nullptr, SetAllowEval},
    {"--inspector-port", "", "N|off", SetOf(Command::kDev),
     "Port for debuggers (Chrome's DevTools, VS Code): the first free one from here on; 0 picks any.",
     [](Command) { return std::to_string(kDefaultInspectorPort); }, SetInspectorPort},
    {"--test-scheduled", "", "", SetOf(Command::kDev),
     "Have the worker handle a scheduled event when /__scheduled?cron=… is asked for, besides "
     "/cdn-cgi/local/scheduled.",
     nullptr, SetTestScheduled},
    {"--env", "-e", "NAME", kRunning, "Environment of the configuration: env.NAME.",
     [](Command) { return std::string("the top level"); }, SetEnv},
    {"--var", "", "NAME=VALUE", kRunning,
     "Set a text variable, overriding the configuration. May be given more than once.", nullptr, SetVar},
    {"--data", "--persist-to", "DIR", kRunning,
     "Folder for what workers store (KV namespaces, databases, the cache). Several programs may use one at the same "
     "time.",
     [](Command) { return std::string(".verge/state beside the configuration or the script"); }, SetData},
    {"--metrics", "", "[HOST:]PORT", kRunning,
     "Answer there, to the operator: /metrics for Prometheus, /healthz, /readyz. Without a host only on this machine.",
     [](Command) { return std::string("nowhere"); }, SetMetrics},
    {"--confine", "", "on|off|required", SetOf(Command::kServe),
     "Give up, once started, what serving does not need of the system: other files than the workers', their data and "
     "a few of the system's, other programs, most system calls. What this kernel cannot do is left out, unless it is "
     "required.",
     [](Command) { return std::string(kConfineByDefault ? "on" : "off"); }, SetConfine},
    {"--allow-read", "", "PATH", SetOf(Command::kServe),
     "A file or folder that may be read nevertheless. May be given more than once.", nullptr, SetAllowRead},
    {"--user", "", "NAME|none", SetOf(Command::kServe), "When started by root: run as this user once the port is open.",
     [](Command) { return std::string("none"); }, SetUser},
    {"--show-confinement", "", "", SetOf(Command::kServe), "Print what would be allowed, and exit.", nullptr,
     SetShowConfinement},
    {"--log-format", "", "text|json", kRunning, "Lines for people or for machines.",
     [](Command) { return std::string("text"); }, SetLogFormat},
    // Not in the help: time and fault injection for the tests of verge itself.
    {"--test-clock", "", "FILE", kRunning, "", nullptr, SetTestClock},
    {"--test-schedule-speed", "", "N", kRunning, "", nullptr, SetTestScheduleSpeed},
    {"--test-terminate-at", "", "N", kRunning, "", nullptr, SetTestTerminateAt},
    {"--no-color", "", "", kAnywhere, "Never color the output.", nullptr, SetNoColor},
    {"--help", "-h", "", kAnywhere, "Show this help and exit.", nullptr, SetHelp},
    {"--version", "-V", "", kAnywhere, "Show the version and exit.", nullptr, SetVersion},
};

}  // namespace

std::span<const CommandSpec> Commands() { return kCommands; }

const CommandSpec* FindCommand(std::string_view name) {
  const auto* found = std::ranges::find(kCommands, name, &CommandSpec::name);
  return found == std::end(kCommands) ? nullptr : found;
}

const CommandSpec* FindCommand(Command command) {
  const auto* found = std::ranges::find(kCommands, command, &CommandSpec::command);
  return found == std::end(kCommands) ? nullptr : found;
}

std::span<const OptionSpec> OptionSpecs() { return kOptions; }

const OptionSpec* FindOption(std::string_view name, Command command) {
  for (const OptionSpec& option : kOptions) {
    if ((option.commands & SetOf(command)) == 0) continue;
    if (option.name == name || (!option.alias.empty() && option.alias == name)) return &option;
  }
  return nullptr;
}

void SetDefaults(Command command, Options* options) {
  options->command = command;
  options->host = kDefaultHost;
  options->port = kDefaultPort;
  options->inspector_port = command == Command::kDev ? kDefaultInspectorPort : -1;
  options->shards = command == Command::kServe ? AvailableCpus() : 1;
  options->drain_timeout = kDefaultDrainTimeout;
  options->pbkdf2_iterations = kDefaultPbkdf2Iterations;
  options->cache_memory = kDefaultCacheMemory;
  options->cache_disk = command == Command::kDev ? 0 : kDefaultCacheDisk;
  options->confine = command == Command::kServe && kConfineByDefault ? ConfineMode::kOn : ConfineMode::kOff;
}

int64_t DefaultCpuMs(Command command) { return command == Command::kServe ? 50 : 30'000; }

int AvailableCpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  // A machine with more processors than the set has room for.
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, 1024);
}

}  // namespace verge::cli
