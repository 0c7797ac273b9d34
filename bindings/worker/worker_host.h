// A worker on a shard: takes requests from the HTTP server and keeps a healthy isolate for them.
#ifndef BINDINGS_WORKER_WORKER_HOST_H_
#define BINDINGS_WORKER_WORKER_HOST_H_

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "assets/front.h"
#include "bindings/cache/cache_host.h"
#include "bindings/cache/front_cache.h"
#include "bindings/cache/shard_executor.h"
#include "bindings/fetch/event_purpose.h"
#include "bindings/fetch/fetch_invocation.h"
#include "bindings/schedule/scheduled_event.h"
#include "bindings/service/call_chains.h"
#include "bindings/service/service_router.h"
#include "bindings/worker/worker.h"
#include "http/server.h"

namespace verge::bindings {

class SpareIsolates;
class VersionedModules;

// When an isolate hurts a limit it is retired: requests that are under way in it finish there, new ones get a fresh
// isolate. On the shard's thread.
class WorkerHost final : public http::RequestHandler,
                         public EventDispatcher,
                         private ServiceRouter,
                         private assets::AssetLog {
 public:
  // `services` takes the worker's calls of others, and outlives it. Null: it is the only one. `refreshes` (may be null)
  // is what the workers of the shard have together of refreshes of stale entries. `spares` (may be null) has isolates
  // and outlives it.
  WorkerHost(runtime::Shard& shard, std::shared_ptr<const WorkerDefinition> definition,
             ServiceRouter* services = nullptr, std::shared_ptr<RefreshBudget> refreshes = nullptr,
             SpareIsolates* spares = nullptr);
  ~WorkerHost();

  [[nodiscard]] const std::shared_ptr<const WorkerDefinition>& definition() const { return definition_; }
  // Nothing of any of its isolates is left.
  [[nodiscard]] bool finished() const { return idle() && retired_.empty(); }

  // Whether a version of the worker has been loaded.
  [[nodiscard]] bool has_worker() const { return current_ != nullptr || only_assets_; }

  // Loads the worker into a first isolate.
  std::expected<void, std::string> Load();

  // Loads another definition and gives it the requests from now on; those under way finish where they are. When it
  // cannot be loaded, everything stays as it is.
  std::expected<void, std::string> Replace(std::shared_ptr<const WorkerDefinition> definition);

  void OnRequest(http::Ref<http::Exchange> exchange) override;
  // What another worker asks of it, or itself. Past the cache in front of it.
  void OnCall(std::unique_ptr<ServiceCall> call);

  // Has the worker handle a scheduled event. `done` hears how it ended: kException when there is no worker.
  void OnScheduled(ScheduledEvent event, ScheduledDone done);

  // Nothing is under way in the isolate that takes new requests.
  [[nodiscard]] bool idle() const { return !current_ || current_->isolate().open_invocations() == 0; }
  // Gives up the isolate of an idle host; Load makes another one.
  void Evict();
  // In all of its isolates.
  [[nodiscard]] uint32_t open_invocations() const {
    uint32_t open = current_ ? current_->isolate().open_invocations() : 0;
    for (const auto& worker : retired_) open += worker->isolate().open_invocations();
    return open;
  }
  // What is to be done once nobody has asked for a while: keeps compiled code, and gives back what starting took and
  // nobody needs any more. Takes some milliseconds.
  void Rest();
  // What its isolate takes: V8's heap and memory that it knows of outside.
  [[nodiscard]] uint64_t MeasureBytes() const;

  // EventDispatcher
  void DispatchSoon(http::Ref<http::RequestHead> head, std::unique_ptr<EventPurpose> purpose) override;

 private:
  // What is around the isolates of a definition, and those of later ones that want the same. Kept for as long as the
  // host: requests may still be under way in it.
  struct Surroundings {
    std::shared_ptr<const WorkerDefinition> definition;
    HostServices services;
    std::optional<CacheHost> cache;
    std::optional<FrontCache> front;
  };

  // Of the current definition. Made when it has others than the one before.
  Surroundings& Here();
  // The worker that takes new requests, or null when it cannot be loaded any more.
  Worker* Current();
  // ServiceRouter
  void Call(const ServiceTarget& target, std::unique_ptr<ServiceCall> call) override;
  CallChains& call_chains() override { return call_chains_; }
  // assets::AssetLog
  void OnAsset(const http::RequestHead& request, int status) override;
  void OnDrained(Worker* worker);
  void Run(http::Ref<http::Exchange> exchange, std::unique_ptr<EventPurpose> purpose);

  runtime::Shard& shard_;
  std::shared_ptr<const WorkerDefinition> definition_;
  ServiceRouter* const services_;
  SpareIsolates* const spares_;
  const std::shared_ptr<ShardExecutor> executor_;
  const std::shared_ptr<RefreshBudget> refreshes_;           // of this worker
  std::vector<std::unique_ptr<Surroundings>> surroundings_;  // of the current definition last
  InvocationPool pool_;
  std::unique_ptr<Worker> current_;
  bool only_assets_ = false;  // the current definition has no code
  std::vector<std::unique_ptr<Worker>> retired_;
  CallChains call_chains_;
};

}  // namespace verge::bindings

#endif  // BINDINGS_WORKER_WORKER_HOST_H_
