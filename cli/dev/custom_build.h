// `build.command` of a configuration: the project's own way to make its entry module.
#ifndef CLI_DEV_CUSTOM_BUILD_H_
#define CLI_DEV_CUSTOM_BUILD_H_

#include <expected>
#include <string>
#include <vector>

#include "config/project.h"

namespace verge::cli {

// Runs the command in a shell, in `folder` or its `cwd` there, to its end; what it writes goes to the terminal. When
// `stop` becomes readable, it is ended. The error is for a terminal.
std::expected<void, std::string> RunCustomBuild(const config::BuildConfig& build, const std::string& folder, int stop);

// The folders whose changes call for another run; absolute.
std::vector<std::string> WatchedByBuild(const config::BuildConfig& build, const std::string& folder);

}  // namespace verge::cli

#endif  // CLI_DEV_CUSTOM_BUILD_H_
