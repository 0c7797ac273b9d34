#include "cli/limits_of.h"

#include <algorithm>
#include <chrono>
#include <format>
#include <iterator>
#include <type_traits>

#include "runtime/limit_profiles.h"

namespace verge::cli {
namespace {

using runtime::Limits;
using std::chrono::milliseconds;

constexpr int64_t kKib = 1024;
constexpr int64_t kMib = kKib * kKib;
constexpr int64_t kMega = 1'000'000;

// A key of the configuration.
struct Setting {
  std::optional<int64_t> config::Limits::* key;
  int64_t unit;
  int64_t (*get)(const Limits& limits);        // 0 is no limit
  void (*set)(Limits& limits, int64_t value);  // in the key's unit
};

template <auto kMember>
constexpr Setting Milliseconds(std::optional<int64_t> config::Limits::* key) {
  return {key, 1, [](const Limits& limits) -> int64_t { return (limits.*kMember).count(); },
          [](Limits& limits, int64_t value) { limits.*kMember = milliseconds(value); }};
}

template <auto kMember, int64_t kUnit>
constexpr Setting Number(std::optional<int64_t> config::Limits::* key) {
  return {key, kUnit, [](const Limits& limits) -> int64_t { return static_cast<int64_t>(limits.*kMember); },
          [](Limits& limits, int64_t value) {
            limits.*kMember = static_cast<std::remove_reference_t<decltype(limits.*kMember)>>(value * kUnit);
          }};
}

// In the order in which they are applied: `subrequests` is about KV's operations, too, unless they have a limit of
// their own.
constexpr Setting kSettings[] = {
    Milliseconds<&Limits::cpu>(&config::Limits::cpu_ms),
    Milliseconds<&Limits::startup_cpu>(&config::Limits::startup_ms),
    Milliseconds<&Limits::wall>(&config::Limits::wall_ms),
    Milliseconds<&Limits::wait_until>(&config::Limits::wait_until_ms),
    Number<&Limits::heap_bytes, kMib>(&config::Limits::memory_mb),
    Number<&Limits::log_bytes, kKib>(&config::Limits::log_kb),
    Number<&Limits::timers, 1>(&config::Limits::timers),
    Number<&Limits::subrequests, 1>(&config::Limits::subrequests),
    Number<&Limits::service_calls, 1>(&config::Limits::subrequests),
    Number<&Limits::service_calls, 1>(&config::Limits::kv_operations),
    Number<&Limits::queries, 1>(&config::Limits::d1_queries),
    Number<&Limits::connections, 1>(&config::Limits::connections),
    Number<&Limits::url_bytes, kKib>(&config::Limits::url_kb),
    Number<&Limits::header_bytes, kKib>(&config::Limits::header_kb),
    Number<&Limits::request_body_bytes, kMega>(&config::Limits::body_mb),
};

std::string_view NameOf(std::optional<int64_t> config::Limits::* key) {
  const auto* found = std::ranges::find(config::kLimitKeys, key, &config::LimitKey::member);
  return found == std::end(config::kLimitKeys) ? std::string_view() : found->name;
}

// The worker's own, below those of an operator.
void Tighten(const config::Limits& own, const config::Limits& given, Limits* limits,
             std::vector<std::string>* ignored) {
  for (const Setting& setting : kSettings) {
    const auto& value = own.*setting.key;
    if (!value) continue;
    const int64_t allowed = setting.get(*limits);
    if (allowed == 0 || *value * setting.unit <= allowed) {
      setting.set(*limits, *value);
    } else if (ignored && !(given.*setting.key)) {
      ignored->push_back(std::format(
          "limits.{0} = {1} of the worker's own configuration does not count: {2:g} is allowed here, and only "
          "verge.toml can give it more (limits = {{ {0} = {1} }})",
          NameOf(setting.key), *value, static_cast<double>(allowed) / static_cast<double>(setting.unit)));
    }
  }
}

Limits ProfileOf(const Options& options) {
  if (auto profile = runtime::FindLimits(options.limits)) return *profile;
  Limits limits;
  limits.cpu = milliseconds(DefaultCpuMs(options.command));
  return limits;
}

}  // namespace

Limits LimitsOf(const Options& options, const config::WorkerConfig& worker, std::vector<std::string>* ignored) {
  Limits limits = ProfileOf(options);
  const config::Limits& first = worker.operator_limits ? *worker.operator_limits : worker.limits;
  for (const Setting& setting : kSettings) {
    if (first.*setting.key) setting.set(limits, *(first.*setting.key));
  }
  if (options.cpu_ms) limits.cpu = milliseconds(*options.cpu_ms);
  if (options.max_body) limits.request_body_bytes = *options.max_body;
  limits.pbkdf2_iterations = options.pbkdf2_iterations;
  if (worker.operator_limits) Tighten(worker.limits, *worker.operator_limits, &limits, ignored);
  return limits;
}

http::ServerLimits ServerLimitsOf(const Options& options, const config::WorkerConfig& worker,
                                  const config::Fleet* fleet) {
  Limits most = LimitsOf(options, worker);
  for (size_t i = 0; fleet && i < fleet->workers.size(); ++i) {
    config::WorkerConfig each;
    each.operator_limits = fleet->workers[i].limits;
    const Limits limits = LimitsOf(options, each);
    most.url_bytes = std::max(most.url_bytes, limits.url_bytes);
    most.header_bytes = std::max(most.header_bytes, limits.header_bytes);
    most.request_body_bytes = std::max(most.request_body_bytes, limits.request_body_bytes);
  }
  http::ServerLimits limits;
  limits.max_target_bytes = most.url_bytes;
  limits.max_header_bytes = most.header_bytes;
  limits.max_body_bytes = most.request_body_bytes;
  return limits;
}

}  // namespace verge::cli
