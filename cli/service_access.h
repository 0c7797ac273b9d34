// Which other workers a worker may call by its service bindings.
#ifndef CLI_SERVICE_ACCESS_H_
#define CLI_SERVICE_ACCESS_H_

#include <string>

#include "config/fleet.h"
#include "config/project.h"

namespace verge::cli {

// Why a binding leads nowhere, for a terminal and for whoever calls; "" when it leads somewhere.
// Of a worker that runs alone: it can be bound to itself.
std::string RefuseAlone(const config::WorkerConfig& worker, const config::ServiceBinding& service);
// Of one among many. Whoever writes a worker's own configuration may not reach the workers of others by naming them.
std::string RefuseInFleet(const config::Fleet& fleet, const config::FleetWorker& worker,
                          const config::ServiceBinding& service);

}  // namespace verge::cli

#endif  // CLI_SERVICE_ACCESS_H_
