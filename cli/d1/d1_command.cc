#include "cli/d1/d1_command.h"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <utility>

#include "cli/d1/arguments.h"
#include "cli/d1/client.h"
#include "cli/d1/commands.h"
#include "cli/options/options.h"
#include "cli/read_input.h"

namespace verge::cli {

int D1Fail(std::string_view message, int code) {
  std::fprintf(stderr, "verge d1: %.*s\n", static_cast<int>(message.size()), message.data());
  return code;
}

std::expected<std::string, std::string> ReadWholeFile(const std::string& path) {
  return ReadInput(path, SIZE_MAX).transform_error([&](int error) { return path + ": " + std::strerror(error); });
}

int D1Command(std::span<const char* const> args) {
  auto arguments = ParseD1Arguments(args);
  if (!arguments) {
    std::fprintf(stderr, "%s\n", arguments.error().c_str());
    return kUsageExitCode;
  }
  if (arguments->action == D1Arguments::Action::kHelp) {
    std::fputs(D1HelpText(arguments->topic).c_str(), stdout);
    return 0;
  }
  auto client = D1Client::Open(*arguments);
  if (!client) return D1Fail(client.error(), kUsageExitCode);
  switch (arguments->action) {
    case D1Arguments::Action::kHelp:
      break;
    case D1Arguments::Action::kExecute:
      return D1Execute(**client, *arguments);
    case D1Arguments::Action::kMigrationsCreate:
      return D1MigrationsCreate(**client, *arguments);
    case D1Arguments::Action::kMigrationsList:
      return D1MigrationsList(**client);
    case D1Arguments::Action::kMigrationsApply:
      return D1MigrationsApply(**client);
    case D1Arguments::Action::kExport:
      return D1Export(**client, *arguments);
    case D1Arguments::Action::kImport:
      return D1Import(**client, *arguments);
    case D1Arguments::Action::kInfo:
      return D1Info(**client, *arguments);
  }
  return 0;
}

}  // namespace verge::cli
