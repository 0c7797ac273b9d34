#include "cache/service.h"

#include <utility>

#include "cache/service_core.h"

namespace verge::cache {

std::shared_ptr<Service> Service::Create(Options options) {
  return std::shared_ptr<Service>(new Service(std::make_shared<ServiceCore>(std::move(options))));
}

Service::Service(std::shared_ptr<ServiceCore> core) : core_(std::move(core)) {}
Service::~Service() { Close(); }

std::shared_ptr<Namespace> Service::Open(std::string_view owner, std::string_view name) {
  return std::make_shared<Namespace>(core_, core_->OpenNamespace(owner, name));
}

void Service::Purge(std::string_view owner, const PurgeRequest& request, std::shared_ptr<Executor> executor,
                    Task done) {
  core_->Purge(*core_->OpenOwner(owner), MarkOf(request), std::move(executor), std::move(done));
}

std::vector<std::string> Service::Owners() const { return core_->OwnerNames(); }

void Service::List(std::string_view owner, ListRequest request, std::shared_ptr<Executor> executor,
                   std::move_only_function<void(ListPage)> done) {
  struct Looking {
    std::shared_ptr<ServiceCore> core;
    std::shared_ptr<OwnerCore> owner;
    ListRequest request;
    std::shared_ptr<Executor> executor;
    std::move_only_function<void(ListPage)> done;

    void Run(ListedPart on_disk) {
      // Behind the disk: what is stored there first is in memory meanwhile.
      ListPage page = MergeParts(request, core->memory.List(*owner, request.from), std::move(on_disk));
      executor->Post([told = std::move(done), answer = std::move(page)]() mutable { told(std::move(answer)); });
    }
  };
  std::shared_ptr<OwnerCore> found = core_->FindOwner(owner);
  if (!found) {
    executor->Post([told = std::move(done)]() mutable { told({}); });
    return;
  }
  auto looking =
      std::make_shared<Looking>(core_, std::move(found), std::move(request), std::move(executor), std::move(done));
  DiskTier* disk = core_->disk.get();
  if (disk && disk->PostRead([disk, looking] { looking->Run(disk->List(*looking->owner, looking->request.from)); })) {
    return;
  }
  looking->Run({});
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
  if (core_->disk) {
    const DiskCounters disk = core_->disk->counters();
    counters.disk_hits = disk.hits;
    counters.disk_evictions = disk.evictions;
    counters.disk_failures = disk.failures;
    counters.corrupt = disk.corrupt;
    counters.disk_bytes = disk.bytes;
    counters.disk_objects = disk.objects;
  }
  return counters;
}

Service::Usage Service::usage(std::string_view owner) const {
  const std::shared_ptr<OwnerCore> found = core_->FindOwner(owner);
  if (!found) return {};
  return {.memory_bytes = found->stored_bytes.load(std::memory_order_relaxed) +
                          found->reserved_bytes.load(std::memory_order_relaxed),
          .disk_bytes = found->disk_bytes.load(std::memory_order_relaxed)};
}

void Service::Flush() {
  if (core_->disk) core_->disk->Flush();
}

void Service::Close() {
  if (core_->disk) core_->disk->Close();
}

const Clock& Service::clock() const { return *core_->options.clock; }

}  // namespace verge::cache
