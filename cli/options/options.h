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
  int shards = 1;

  std::optional<int64_t> cpu_ms;  // nothing: what the configuration says, else DefaultCpuMs
  uint64_t max_body = 0;          // bytes
  int drain_timeout = 0;          // seconds
  uint32_t pbkdf2_iterations = 0;

  uint64_t test_terminate_at = 0;  // for tests: end each isolate's execution at its n-th call into C++; 0: never

  bool allow_eval = false;

  // Where outbound requests may go, beyond public addresses: addresses, ranges, addresses with a port, or "all".
  std::vector<std::string> allow_outbound;

  uint64_t cache_memory = 0;  // bytes that all caches may hold
  std::string origin;         // URL of the server behind the worker, or ""
  bool origin_host = false;   // it is told its own host, not what the client sent

  // Where what workers store is kept; "": .verge/state beside the configuration or the script.
  std::string data;
  int inspector_port = -1;  // where debuggers connect; 0: any free one, -1: nowhere

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
