#include "cache/service.h"

#include <utility>

#include "cache/service_core.h"

namespace verge::cache {

std::shared_ptr<Service> Service::Create(Options options) {
  return std::shared_ptr<Service>(new Service(std::make_shared<ServiceCore>(std::move(options))));
}

Service::Service(std::shared_ptr<ServiceCore> core) : core_(std::move(core)) {}
Service::~Service() = default;

std::shared_ptr<Namespace> Service::Open(std::string_view owner, std::string_view name) {
  return std::make_shared<Namespace>(core_, core_->OpenNamespace(owner, name));
}

void Service::Purge(std::string_view owner, const PurgeRequest& request) {
  core_->Purge(*core_->OpenOwner(owner), MarkOf(request));
}

Counters Service::counters() const {
  const MemoryCounters memory = core_->memory.counters();
  Counters counters;
  counters.hits = memory.hits;
  counters.misses = core_->misses.load(std::memory_order_relaxed);
  counters.stale = core_->stale.load(std::memory_order_relaxed);
  counters.stores = core_->stores.load(std::memory_order_relaxed);
  counters.refused = core_->refused.load(std::memory_order_relaxed);
  counters.evictions = memory.evictions;
  counters.memory_bytes = memory.bytes;
  counters.objects = memory.objects;
  return counters;
}

Service::Usage Service::usage(std::string_view owner) const {
  const std::shared_ptr<OwnerCore> found = core_->FindOwner(owner);
  if (!found) return {};
  return {.memory_bytes = found->stored_bytes.load(std::memory_order_relaxed) +
                          found->reserved_bytes.load(std::memory_order_relaxed),
          .disk_bytes = found->disk_bytes.load(std::memory_order_relaxed)};
}

void Service::Flush() {}
const Clock& Service::clock() const { return *core_->options.clock; }

}  // namespace verge::cache
