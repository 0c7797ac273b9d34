// `verge types`: TypeScript declarations of a worker's environment and of the runtime.
#ifndef CLI_TYPES_TYPES_COMMAND_H_
#define CLI_TYPES_TYPES_COMMAND_H_

#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace verge::cli {

inline constexpr std::string_view kTypesFile = "worker-configuration.d.ts";

// The text of that file for the worker of `path`: a configuration, a script or a folder. The error is for a terminal.
// `folder` (may be null) gets the folder it belongs into.
std::expected<std::string, std::string> MakeTypes(const std::string& path, std::string* folder);

// `args` without "types". Returns the program's exit code: 1 when --check finds the file out of date.
int TypesCommand(std::span<const char* const> args);
std::string_view TypesHelp();

}  // namespace verge::cli

#endif  // CLI_TYPES_TYPES_COMMAND_H_
