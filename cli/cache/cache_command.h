// `verge cache`: purges and counters of a running server's cache, through its admin socket.
#ifndef CLI_CACHE_CACHE_COMMAND_H_
#define CLI_CACHE_CACHE_COMMAND_H_

#include <span>

namespace verge::cli {

// `args` begins behind "cache". The program's exit code: 0; 1 when it could not be done; 2 for a wrong command line or
// configuration.
int CacheCommand(std::span<const char* const> args);

}  // namespace verge::cli

#endif  // CLI_CACHE_CACHE_COMMAND_H_
