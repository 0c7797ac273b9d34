// What verge.toml says at one time, and how what it says later takes its place.
#ifndef CLI_FLEET_VERSION_H_
#define CLI_FLEET_VERSION_H_

#include <memory>
#include <span>
#include <string>

#include "bindings/worker/fleet.h"
#include "cli/bundle/worker_modules.h"
#include "cli/definitions.h"
#include "cli/fleet_definitions.h"
#include "cli/options/options.h"
#include "cli/schedule/schedule.h"
#include "cli/shard_thread.h"
#include "config/fleet.h"

namespace verge::cli {

// What shards are given of it.
struct FleetVersion {
  std::shared_ptr<ConfiguredFleet> definitions;
  bindings::FleetLimits limits;  // of each shard
  Schedule schedule;
};

// All that is given, but for `fleet`, has to outlive the result. `builder` may be null.
FleetVersion MakeFleetVersion(config::Fleet fleet, const Options& options, const Services& services, Esbuild* builder);

// Reads the file again and has every shard go over to what it says now. Workers that have not changed keep their
// isolates, requests under way finish where they are, and those that come meanwhile find one version or the other. A
// file with an error is reported and changes nothing. From the main thread.
void ReloadFleet(const std::string& file, const Options& options, const Services& services, Esbuild* builder,
                 std::span<const std::unique_ptr<ShardThread>> shards, FleetVersion* current);

}  // namespace verge::cli

#endif  // CLI_FLEET_VERSION_H_
