// A worker's assets folder, as its configuration has it.
#ifndef CLI_STATIC_ASSETS_H_
#define CLI_STATIC_ASSETS_H_

#include <expected>
#include <memory>
#include <string>

#include "assets/site.h"
#include "config/project.h"
#include "runtime/log.h"

namespace verge::cli {

// Null: it has none. `log` outlives it. The error is text for a terminal.
std::expected<std::shared_ptr<const assets::Site>, std::string> OpenAssets(const config::WorkerConfig& worker,
                                                                           bool development, runtime::LogSink* log);

}  // namespace verge::cli

#endif  // CLI_STATIC_ASSETS_H_
