// `verge init`: the beginning of a project.
#ifndef CLI_INIT_INIT_COMMAND_H_
#define CLI_INIT_INIT_COMMAND_H_

#include <span>
#include <string_view>

namespace verge::cli {

// `args` without "init". Returns the program's exit code.
int InitCommand(std::span<const char* const> args);
std::string_view InitHelp();

}  // namespace verge::cli

#endif  // CLI_INIT_INIT_COMMAND_H_
