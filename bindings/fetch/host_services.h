// What the host of a worker's isolate offers to its APIs, beyond JavaScript.
#ifndef BINDINGS_FETCH_HOST_SERVICES_H_
#define BINDINGS_FETCH_HOST_SERVICES_H_

#include <string>

namespace verge::bindings {

class CacheHost;
class EventDispatcher;
class ServiceRouter;
struct Origin;

// One for each worker on a shard. Outlives the isolates.
struct HostServices {
  // JSON: what request.cf says beside what the client's connection tells.
  const std::string* cf = nullptr;
  // Where requests for the worker's own host go; null: there is no such server.
  const Origin* origin = nullptr;
  // The worker's caches, and who has it handle an event again; null: there are none.
  CacheHost* cache = nullptr;
  EventDispatcher* dispatcher = nullptr;
  // Who takes its service bindings to other workers.
  ServiceRouter* services = nullptr;
};

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_HOST_SERVICES_H_
