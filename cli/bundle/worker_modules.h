// Decides whether a worker runs as its files are, or has to be compiled or bundled first, and gives its modules.
#ifndef CLI_BUNDLE_WORKER_MODULES_H_
#define CLI_BUNDLE_WORKER_MODULES_H_

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/project.h"
#include "runtime/module_source.h"

namespace verge::cli {

class Esbuild;
class EsbuildService;

struct WorkerModules {
  std::shared_ptr<runtime::ModuleSource> source;
  std::string main;  // the entry's name within `source`
  std::vector<std::string> warnings;
};

// JavaScript that imports only files, by their full names, is left alone. TypeScript, JSX, imports of installed
// packages and imports without an extension make a bundle: that takes esbuild. The error is text for a terminal.
// `service`: where the esbuild is kept from one call to the next; null: it runs once. `builder`: who builds instead.
// `development`: the project is the user's own, its esbuild and whatever its sources refer to may be used.
std::expected<WorkerModules, std::string> LoadWorkerModules(const config::WorkerConfig& worker, bool development,
                                                            std::vector<std::string_view> builtin_modules,
                                                            std::unique_ptr<EsbuildService>* service = nullptr,
                                                            Esbuild* builder = nullptr);

}  // namespace verge::cli

#endif  // CLI_BUNDLE_WORKER_MODULES_H_
