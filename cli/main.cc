// The program: parses the command line and hands over.

#include <cstdio>
#include <span>
#include <string>
#include <string_view>

#include "cli/cache/cache_arguments.h"
#include "cli/cache/cache_command.h"
#include "cli/d1/d1_command.h"
#include "cli/init/init_command.h"
#include "cli/kv/kv_command.h"
#include "cli/options/options.h"
#include "cli/serve.h"
#include "cli/types/types_command.h"
#include "cli/version.h"

int main(int argc, char** argv) {
  using verge::cli::Command;
  std::span<const char* const> args(argv + 1, static_cast<size_t>(argc > 0 ? argc - 1 : 0));
  // Commands with commands of their own.
  if (!args.empty() && std::string_view(args[0]) == "kv") return verge::cli::Kv(args.subspan(1));
  if (!args.empty() && std::string_view(args[0]) == "d1") return verge::cli::D1Command(args.subspan(1));
  if (!args.empty() && std::string_view(args[0]) == "cache") return verge::cli::CacheCommand(args.subspan(1));
  if (args.size() > 1 && std::string_view(args[0]) == "help" && std::string_view(args[1]) == "cache") {
    std::fputs(verge::cli::CacheHelp(verge::cli::CacheAction::kHelp).c_str(), stdout);
    return 0;
  }
  if (!args.empty() && std::string_view(args[0]) == "init") return verge::cli::InitCommand(args.subspan(1));
  if (!args.empty() && std::string_view(args[0]) == "types") return verge::cli::TypesCommand(args.subspan(1));
  if (args.size() > 1 && std::string_view(args[0]) == "help" && std::string_view(args[1]) == "init") {
    std::fputs(std::string(verge::cli::InitHelp()).c_str(), stdout);
    return 0;
  }
  if (args.size() > 1 && std::string_view(args[0]) == "help" && std::string_view(args[1]) == "types") {
    std::fputs(std::string(verge::cli::TypesHelp()).c_str(), stdout);
    return 0;
  }
  if (args.size() > 1 && std::string_view(args[0]) == "help" && std::string_view(args[1]) == "d1") {
    return verge::cli::D1Command({});
  }
  if (args.size() > 1 && std::string_view(args[0]) == "help" && std::string_view(args[1]) == "kv") {
    std::fputs(verge::cli::KvHelp(verge::cli::KvCommand::kHelp).c_str(), stdout);
    return 0;
  }
  auto options = verge::cli::Parse(args);
  if (!options) {
    std::fprintf(stderr, "%s\n", options.error().c_str());
    return verge::cli::kUsageExitCode;
  }
  switch (options->command) {
    case Command::kHelp:
      std::fputs(verge::cli::HelpText(options->help_about).c_str(), stdout);
      return 0;
    case Command::kVersion:
      std::fputs(verge::cli::VersionText().c_str(), stdout);
      return 0;
    case Command::kServe:
    case Command::kDev:
      return verge::cli::Serve(*options);
  }
  return 0;
}
