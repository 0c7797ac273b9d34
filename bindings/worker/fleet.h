// Many workers on a shard: the one that a request's host and path belong to gets it, in an isolate that is made at its
// first request and given up when the memory is needed or nobody has used it for a while.
#ifndef BINDINGS_WORKER_FLEET_H_
#define BINDINGS_WORKER_FLEET_H_

#include <uv.h>

#include <cstdint>
#include <deque>
#include <expected>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bindings/worker/spare_isolates.h"
#include "bindings/worker/worker_host.h"
#include "http/server.h"
#include "runtime/timer_queue.h"

namespace verge::bindings {

// What is known of the workers. Shared by the shards: any thread.
class FleetDefinitions {
 public:
  virtual ~FleetDefinitions() = default;

  [[nodiscard]] virtual std::optional<uint32_t> Route(bool secure, std::string_view authority,
                                                      std::string_view target) const = 0;
  [[nodiscard]] virtual std::string_view NameOf(uint32_t worker) const = 0;
  [[nodiscard]] virtual std::optional<uint32_t> Find(std::string_view name) const = 0;
  // What Define has made and somebody still uses; null: nothing.
  [[nodiscard]] virtual std::shared_ptr<const WorkerDefinition> Known(uint32_t worker) = 0;
  // Those that each shard loads at the start and keeps.
  [[nodiscard]] virtual std::vector<uint32_t> Prewarmed() const = 0;
  // Reads the worker's files, which may take a while. The error is text for a terminal.
  virtual std::expected<std::shared_ptr<const WorkerDefinition>, std::string> Define(uint32_t worker) = 0;
};

struct FleetLimits {
  uint64_t memory_bytes = UINT64_MAX;  // of this shard's isolates; above it the least recently used idle ones go
  // An isolate takes about a dozen memory mappings, of which Linux gives a process 65,530 (vm.max_map_count): beyond
  // them V8 could only end the process.
  size_t isolates = 3000;
  size_t spare_isolates = 2;     // made before anybody needs them
  uint64_t idle_ms = 300'000;    // an isolate without a request for so long goes
  uint32_t concurrent = 10'000;  // events of one worker at a time; what comes beyond is refused with 503
};

// On the shard's thread.
class Fleet final : public http::RequestHandler, public ServiceRouter, private runtime::TimerQueue::Timer {
 public:
  // `api` is what isolates offer: GetApi() of bindings/api.h.
  Fleet(runtime::Shard& shard, std::shared_ptr<FleetDefinitions> definitions, const FleetLimits& limits,
        runtime::Api* api);
  ~Fleet();

  // Loads the workers that are to be there from the start. Those that fail are reported, and tried again when asked
  // for.
  void Prewarm();

  // Other workers take the place of these. Those of the same name whose definition is the same object keep their
  // isolates; what is under way in others finishes there.
  void Replace(std::shared_ptr<FleetDefinitions> definitions, const FleetLimits& limits);

  void OnRequest(http::Ref<http::Exchange> exchange) override;
  // Has a worker handle a scheduled event.
  void OnScheduled(uint32_t worker, ScheduledEvent event);

 private:
  // What comes for a worker: a client's request, or a call of another worker.
  struct Work {
    http::Ref<http::Exchange> exchange;
    std::unique_ptr<ServiceCall> call;
  };
  // Of a worker that was asked for at least once.
  struct Entry {
    std::unique_ptr<WorkerHost> host;  // null: not defined so far
    bool defining = false;
    bool pinned = false;
    uint32_t failures = 0;     // in a row, to load it
    uint64_t retry_at_ms = 0;  // after one: not before then again
    uint32_t shed = 0;         // events refused since the log last told of it
    bool restless = false;     // in restless_
    uint64_t used_at_ms = 0;
    uint64_t bytes = 0;         // of its isolate, as last measured; counted in bytes_
    uint64_t rested_bytes = 0;  // when it last rested
    bool live = false;          // in live_
    std::list<uint32_t>::iterator place;
    std::vector<Work> waiting;              // for the definition
    std::vector<ScheduledEvent> scheduled;  // likewise
  };
  // A definition under way on a thread of uv's pool.
  struct Defining {
    uv_work_t work;
    Fleet* fleet = nullptr;  // null: gone meanwhile
    std::shared_ptr<FleetDefinitions> definitions;
    uint32_t worker = 0;
    std::expected<std::shared_ptr<const WorkerDefinition>, std::string> result;
  };

  void StartDefining(uint32_t worker, Entry& entry);
  void OnDefined(Defining& done);
  // Has the entry looked after by RestSome.
  void Disturb(uint32_t worker, Entry& entry);
  // ServiceRouter
  void Call(const ServiceTarget& target, std::unique_ptr<ServiceCall> call) override;
  CallChains& call_chains() override { return call_chains_; }
  void Take(uint32_t worker, Work work);
  void Dispatch(uint32_t worker, Entry& entry, Work work);
  void RefuseBroken(uint32_t worker, Work& work);
  void DispatchScheduled(uint32_t worker, Entry& entry, ScheduledEvent event);
  // False: it cannot be loaded; reported.
  bool EnsureLoaded(uint32_t worker, Entry& entry);
  void Failed(uint32_t worker, Entry& entry, const std::string& why);
  void Measure(Entry& entry);
  void Evict(Entry& entry);
  // Gives up idle isolates, the least recently used first, while they take too much.
  void MakeRoom();
  void OnTimer() override;
  // Refuses what is more than the worker may have under way.
  void Shed(uint32_t worker, Entry& entry, Work& work);
  // Has isolates that nobody asks any more give back memory, a few at a time.
  class Rester final : public runtime::TimerQueue::Timer {
   public:
    explicit Rester(Fleet* fleet) : fleet_(fleet) {}
    void OnTimer() override { fleet_->RestSome(); }

   private:
    Fleet* const fleet_;
  };
  void RestSome();

  runtime::Shard& shard_;
  std::shared_ptr<FleetDefinitions> definitions_;
  FleetLimits limits_;
  const std::shared_ptr<RefreshBudget> refreshes_ = std::make_shared<RefreshBudget>(RefreshBudget::kOfShard);
  SpareIsolates spares_;  // before those who take them
  std::unordered_map<uint32_t, Entry> entries_;
  std::list<uint32_t> live_;  // have an isolate; the least recently used first
  std::vector<Defining*> defining_;
  std::vector<std::unique_ptr<WorkerHost>> leaving_;  // replaced, with something still under way
  uint64_t bytes_ = 0;
  std::deque<uint32_t> restless_;  // were loaded or have grown, and have not rested since
  Rester rester_{this};
  CallChains call_chains_;
};

}  // namespace verge::bindings

#endif  // BINDINGS_WORKER_FLEET_H_
