// From a profile, configurations and the command line to the limits that hold.
#ifndef CLI_LIMITS_OF_H_
#define CLI_LIMITS_OF_H_

#include <string>
#include <vector>

#include "cli/options/options.h"
#include "config/fleet.h"
#include "config/project.h"
#include "http/server.h"
#include "runtime/limits.h"

namespace verge::cli {

// The profile, what the configuration says, what the command line says: the last one wins. In a fleet the operator's
// file comes after the profile, and what a worker says itself only counts where it is tighter than what holds without
// it: lines about what did not count are added to `ignored`, if it is given.
runtime::Limits LimitsOf(const Options& options, const config::WorkerConfig& worker,
                         std::vector<std::string>* ignored = nullptr);

// What the server lets through before it is known which worker a request is for: the most that any of them may get.
// `fleet` is null for a lone worker.
http::ServerLimits ServerLimitsOf(const Options& options, const config::WorkerConfig& worker,
                                  const config::Fleet* fleet);

}  // namespace verge::cli

#endif  // CLI_LIMITS_OF_H_
