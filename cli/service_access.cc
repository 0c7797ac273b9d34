#include "cli/service_access.h"

#include <format>

namespace verge::cli {

std::string RefuseAlone(const config::WorkerConfig& worker, const config::ServiceBinding& service) {
  if (service.service == worker.name) return "";
  return std::format(
      "env.{} is bound to the worker \"{}\", which does not run here: this process has the worker \"{}\" only. Put "
      "both into a verge.toml for verge serve.",
      service.binding, service.service, worker.name);
}

std::string RefuseInFleet(const config::Fleet& fleet, const config::FleetWorker& worker,
                          const config::ServiceBinding& service) {
  if (service.granted || service.service == worker.name) return "";
  const auto found = fleet.Find(service.service);
  const config::FleetWorker* other = found ? &fleet.workers[*found] : nullptr;
  if (other && !worker.owner.empty() && other->owner == worker.owner) return "";
  // Which workers others have is theirs to tell.
  return std::format(
      "env.{} is bound to the worker \"{}\", which this worker may not call: it is not of the same owner, and "
      "verge.toml does not grant it with [[workers.services]].",
      service.binding, service.service);
}

}  // namespace verge::cli
