// `verge serve` and `verge dev`.
#ifndef CLI_SERVE_H_
#define CLI_SERVE_H_

#include "cli/options/options.h"

namespace verge::cli {

// Runs until a signal ends it. Returns the program's exit code.
int Serve(const Options& given);

}  // namespace verge::cli

#endif  // CLI_SERVE_H_
