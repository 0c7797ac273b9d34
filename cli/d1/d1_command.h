// `verge d1 …`: databases from the command line, also while a server works with them.
#ifndef CLI_D1_D1_COMMAND_H_
#define CLI_D1_D1_COMMAND_H_

#include <span>

namespace verge::cli {

// `args` behind "d1". The exit code.
int D1Command(std::span<const char* const> args);

}  // namespace verge::cli

#endif  // CLI_D1_D1_COMMAND_H_
