// The command line, parsed into one struct. What options there are is in the tables of option_table.cc, from which both
// the parser and the help text derive.
#ifndef CLI_OPTIONS_OPTIONS_H_
#define CLI_OPTIONS_OPTIONS_H_

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace verge::cli {

// What the program ends with when it cannot start: a wrong command line, a broken worker, a port in use.
inline constexpr int kUsageExitCode = 2;

enum class Command : uint8_t { kHelp, kVersion, kServe, kDev };

enum class LogFormat : uint8_t { kText, kJson };

// Whether a server gives up what it does not need of the system.
enum class ConfineMode : uint8_t {
  kOff,
  kOn,        // as far as the kernel knows how
  kRequired,  // or it does not start
};

struct Options {
  Command command = Command::kHelp;
  Command help_about = Command::kHelp;  // for kHelp: the command that help was asked for, or kHelp for all of them

  std::string path;  // script, configuration or directory; "" is the current directory
  std::string env;
  std::vector<std::pair<std::string, std::string>> vars;  // in the order given, a name possibly more than once

  std::string host;  // an address or a name, without brackets
  int port = 0;      // 0: any free one
  bool host_given = false;
  bool port_given = false;
  bool inspector_port_given = false;
  int shards = 1;

  std::string limits;                // the name of a profile, or "": the default one
  std::optional<int64_t> cpu_ms;     // nothing: what the configuration says, else the profile, else DefaultCpuMs
  std::optional<uint64_t> max_body;  // bytes; nothing: what the configuration says, else the profile
  int drain_timeout = 0;             // seconds
  uint32_t pbkdf2_iterations = 0;

  std::string test_clock;              // for tests: a file that says how far clocks are ahead, or ""
  uint64_t test_terminate_at = 0;      // for tests: end each isolate's execution at its n-th call into C++; 0: never
  std::optional<bool> https;           // nothing: as the configuration says
  std::vector<std::string> tls_certs;  // PEM files, each with the key in the same place of tls_keys
  std::vector<std::string> tls_keys;
  bool test_scheduled = false;       // /__scheduled causes a scheduled event
  uint32_t test_schedule_speed = 1;  // for tests: how much faster the time of schedules passes

  bool allow_eval = false;

  // Where outbound requests may go, beyond public addresses: addresses, ranges, addresses with a port, or "all".
  std::vector<std::string> allow_outbound;

  std::vector<std::string> trust_proxy;  // addresses and ranges of proxies whose X-Forwarded-For is believed
  std::string cf;                        // a file of what request.cf says, or ""

  uint64_t cache_memory = 0;  // bytes that all caches may hold in memory, and on disk; a disk of 0: memory only
  uint64_t cache_disk = 0;
  std::string origin;        // URL of the server behind the worker, or ""
  bool origin_host = false;  // it is told its own host, not what the client sent

  // Where what workers store is kept; "": .verge/state beside the configuration or the script.
  std::string data;
  int inspector_port = -1;  // where debuggers connect; 0: any free one, -1: nowhere

  std::string metrics_host;  // where the operator's server listens
  int metrics_port = -1;     // 0: any free one, -1: nowhere

  ConfineMode confine = ConfineMode::kOff;
  std::vector<std::string> allow_read;  // what a confined server may read beside the workers' files
  std::string user;                     // whom to run as when root started it; "": who it is
  bool show_confinement = false;        // only print what it would be confined to

  LogFormat log_format = LogFormat::kText;
  bool color = true;  // unless --no-color; whether the output is a terminal is for the caller to see
};

// The CPU time of an invocation when neither the command line nor the configuration sets it.
int64_t DefaultCpuMs(Command command);

// The processors that this process may run on.
int AvailableCpus();

// `args` without the program's name. An error is the line to print, "verge: …"; it ends in where to read more.
std::expected<Options, std::string> Parse(std::span<const char* const> args);

// The help page of a command, or of the program for Command::kHelp. Ends with a newline.
std::string HelpText(Command command);

}  // namespace verge::cli

#endif  // CLI_OPTIONS_OPTIONS_H_
