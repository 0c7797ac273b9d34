// The program: parses the command line and hands over.

#include <cstdio>
#include <span>
#include <string_view>

#include "cli/d1/d1_command.h"
#include "cli/options/options.h"
#include "cli/serve.h"
#include "cli/version.h"

int main(int argc, char** argv) {
  using verge::cli::Command;
  // Commands with commands of their own.
  if (argc > 1 && std::string_view(argv[1]) == "d1") {
    return verge::cli::D1Command(std::span<const char* const>(argv + 2, static_cast<size_t>(argc - 2)));
  }
  auto options =
      verge::cli::Parse(std::span<const char* const>(argv + 1, static_cast<size_t>(argc > 0 ? argc - 1 : 0)));
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
