// What `verge d1` can do. Each prints, and returns the exit code.
#ifndef CLI_D1_COMMANDS_H_
#define CLI_D1_COMMANDS_H_

#include <expected>
#include <string>
#include <string_view>

#include "cli/d1/arguments.h"
#include "cli/d1/client.h"

namespace verge::cli {

inline constexpr int kRefusedExitCode = 1;

// "verge d1: …" on the standard error. Returns `code`.
int D1Fail(std::string_view message, int code);

std::expected<std::string, std::string> ReadWholeFile(const std::string& path);

int D1Execute(D1Client& client, const D1Arguments& arguments);
int D1Info(D1Client& client, const D1Arguments& arguments);
int D1MigrationsCreate(D1Client& client, const D1Arguments& arguments);
int D1MigrationsList(D1Client& client);
int D1MigrationsApply(D1Client& client);
int D1Export(D1Client& client, const D1Arguments& arguments);
int D1Import(D1Client& client, const D1Arguments& arguments);

}  // namespace verge::cli

#endif  // CLI_D1_COMMANDS_H_
