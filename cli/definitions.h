// From configurations to what shards load: a worker's definition, with its limits and all that its bindings reach.
#ifndef CLI_DEFINITIONS_H_
#define CLI_DEFINITIONS_H_

#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "bindings/fetch/origin.h"
#include "bindings/worker/fleet.h"
#include "bindings/worker/worker.h"
#include "cache/service.h"
#include "cli/bundle/worker_modules.h"
#include "cli/fleet_definitions.h"
#include "cli/options/options.h"
#include "cli/storage.h"
#include "config/fleet.h"
#include "config/project.h"
#include "runtime/code_cache.h"
#include "runtime/event_recorder.h"
#include "runtime/inspector.h"
#include "runtime/limits.h"
#include "runtime/log.h"
#include "runtime/meter.h"

namespace verge::cli {

// What every version of the worker shares.
struct Services {
  Storage& storage;
  std::shared_ptr<runtime::CodeCache> code;  // null: compiled code is not kept
  runtime::LogSink& log;
  std::optional<bindings::Origin> origin;
  std::shared_ptr<cache::Service> cache;
  std::shared_ptr<runtime::InspectorTarget> inspector;  // may be null
  runtime::EventRecorder* recorder;                     // may be null
  std::shared_ptr<runtime::Metering> metering;
};

using Defined = std::expected<std::shared_ptr<const bindings::WorkerDefinition>, std::string>;

// Development has a namespace of its own when the configuration gives one.
const std::string& KvId(const Options& options, const config::KvNamespace& configured);

// The profile, what the configuration says, what the command line says: the last one wins.
runtime::Limits LimitsOf(const Options& options, const config::WorkerConfig& worker);

// Of the only worker of the process. The error is text for a terminal.
Defined DefineAlone(const Options& options, const config::WorkerConfig& worker, const WorkerModules& modules,
                    const Services& services);

// Of many, each when it is first asked for. All that is given has to outlive the result. `builder` compiles what needs
// it; null: there is no esbuild.
std::shared_ptr<ConfiguredFleet> DefineFleet(config::Fleet fleet, const Options& options, const Services& services,
                                             Esbuild* builder);

}  // namespace verge::cli

#endif  // CLI_DEFINITIONS_H_
