#include "bindings/worker/worker_host.h"

#include <uv.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "bindings/fetch/background_exchange.h"
#include "bindings/schedule/scheduled_invocation.h"
#include "bindings/worker/request_limits.h"
#include "bindings/worker/versioned_modules.h"
#include "runtime/js_entry.h"
#include "runtime/module_loader.h"
#include "runtime/shard.h"

namespace verge::bindings {
namespace {

// Collecting a heap of so many bytes takes a few milliseconds.
constexpr size_t kRestAtOnceBytes = size_t{8} << 20;

}  // namespace

WorkerHost::WorkerHost(runtime::Shard& shard, std::shared_ptr<const WorkerDefinition> definition,
                       ServiceRouter* services, std::shared_ptr<RefreshBudget> refreshes, SpareIsolates* spares)
    : shard_(shard),
      definition_(std::move(definition)),
      services_(services ? services : this),
      spares_(spares),
      executor_(std::make_shared<ShardExecutor>(shard)),
      refreshes_(std::make_shared<RefreshBudget>(RefreshBudget::kOfWorker, std::move(refreshes))) {}

WorkerHost::~WorkerHost() { executor_->Close(); }

WorkerHost::Surroundings& WorkerHost::Here() {
  if (!surroundings_.empty()) {
    const WorkerDefinition& last = *surroundings_.back()->definition;
    if (last.name == definition_->name && last.cache == definition_->cache &&
        last.cache_settings == definition_->cache_settings && last.recorder == definition_->recorder &&
        last.origin.has_value() == definition_->origin.has_value()) {
      return *surroundings_.back();
    }
  }
  Surroundings& made = *surroundings_.emplace_back(std::make_unique<Surroundings>());
  made.definition = definition_;
  made.services.origin = definition_->origin ? &*definition_->origin : nullptr;
  made.services.dispatcher = this;
  made.services.services = services_;
  if (!definition_->cache) return made;
  made.cache.emplace(definition_->cache, executor_, refreshes_, definition_->name, definition_->cache_settings);
  made.services.cache = &*made.cache;
  if (!definition_->cache_settings.front) return made;
  made.front.emplace(
      &*made.cache, [this](http::Ref<http::Exchange> exchange) { Run(std::move(exchange), nullptr); },
      definition_->recorder);
  return made;
}

std::expected<void, std::string> WorkerHost::Load() {
  Surroundings& here = Here();
  only_assets_ = definition_->main.empty();
  if (only_assets_) return {};
  auto worker = Worker::Load(shard_, definition_, &here.services, spares_);
  if (!worker) return std::unexpected(worker.error());
  current_ = *std::move(worker);
  if (here.front && !definition_->cache_settings.cross_version) {
    // What was loaded says which version it is.
    if (definition_->versioned_modules) here.front->set_version(definition_->versioned_modules->Version());
  }
  current_->isolate().set_on_drained([this, raw = current_.get()] { OnDrained(raw); });
  // One shard can be debugged.
  if (definition_->inspector && shard_.index() == 0) definition_->inspector->Attach(current_->isolate());
  return {};
}

std::expected<void, std::string> WorkerHost::Replace(std::shared_ptr<const WorkerDefinition> definition) {
  auto before = std::exchange(definition_, std::move(definition));
  std::unique_ptr<Worker> old = std::move(current_);
  const bool had_only_assets = only_assets_;
  const size_t known = surroundings_.size();
  if (auto loaded = Load(); !loaded) {
    // Nothing has happened in what was made for it.
    surroundings_.resize(known);
    definition_ = std::move(before);
    current_ = std::move(old);
    only_assets_ = had_only_assets;
    return loaded;
  }
  if (old) {
    Worker* worker = old.get();
    retired_.push_back(std::move(old));
    worker->isolate().Retire();
  }
  return {};
}

Worker* WorkerHost::Current() {
  if (current_ && !current_->isolate().retired()) return current_.get();
  if (current_) {
    Worker* worker = current_.get();
    retired_.push_back(std::move(current_));
    if (worker->isolate().open_invocations() == 0) OnDrained(worker);
  }
  if (auto loaded = Load(); !loaded) {
    shard_.log().Write(runtime::LogLevel::kError, definition_->name, "cannot restart the worker: " + loaded.error());
    return nullptr;
  }
  return current_.get();
}

void WorkerHost::OnDrained(Worker* worker) {
  // One that is still the current one is replaced first, by the next request.
  auto found = std::ranges::find_if(retired_, [worker](const auto& each) { return each.get() == worker; });
  if (found == retired_.end()) return;
  shard_.DisposeLater((*found)->ReleaseIsolate());
  retired_.erase(found);
}

void WorkerHost::Evict() {
  if (current_ && idle()) shard_.DisposeLater(std::exchange(current_, nullptr)->ReleaseIsolate());
}

void WorkerHost::Rest() {
  if (!current_ || !idle()) return;
  std::vector<std::function<void()>> keep;
  {
    runtime::JsEntry entry(current_->isolate(), nullptr);
    keep = current_->isolate().modules().OfferCode();
    // In the isolate: what is collected may let go of other workers' bodies, which are dealt with when it is left.
    // A large heap takes long, and is collected piece by piece, from the loop.
    v8::HeapStatistics statistics;
    entry.isolate()->GetHeapStatistics(&statistics);
    entry.isolate()->MemoryPressureNotification(statistics.used_heap_size() > kRestAtOnceBytes
                                                    ? v8::MemoryPressureLevel::kModerate
                                                    : v8::MemoryPressureLevel::kCritical);
  }
  for (auto& task : keep) {
    struct Job {
      uv_work_t work;
      std::function<void()> task;
    };
    auto* job = new Job{.work = {}, .task = std::move(task)};
    job->work.data = job;
    uv_queue_work(
        shard_.loop(), &job->work, [](uv_work_t* work) { static_cast<Job*>(work->data)->task(); },
        [](uv_work_t* work, int) { delete static_cast<Job*>(work->data); });
  }
}

uint64_t WorkerHost::MeasureBytes() const {
  if (!current_) return 0;
  v8::HeapStatistics statistics;
  current_->isolate().v8()->GetHeapStatistics(&statistics);
  return statistics.total_physical_size() + statistics.malloced_memory() + statistics.external_memory();
}

void WorkerHost::OnRequest(http::Ref<http::Exchange> exchange) {
  if (!AdmitRequest(*exchange, definition_->limits)) [[unlikely]]
    return;
  if (definition_->assets &&
      assets::ServeAsset(definition_->assets, shard_.loop(), exchange, definition_->recorder ? this : nullptr)) {
    return;
  }
  if (!surroundings_.empty() && surroundings_.back()->front) {
    surroundings_.back()->front->OnRequest(std::move(exchange));
    return;
  }
  Run(std::move(exchange), nullptr);
}

void WorkerHost::OnCall(std::unique_ptr<ServiceCall> call) {
  if (Worker* worker = Current()) {
    call->Start(pool_, *worker);
  } else {
    call->Refuse(ServiceCall::Refusal::kBroken, "The worker \"" + definition_->name + "\" could not be started.");
  }
}

void WorkerHost::Call(const ServiceTarget& target, std::unique_ptr<ServiceCall> call) {
  if (target.refusal.empty() && target.service == definition_->name) return OnCall(std::move(call));
  call->Refuse(ServiceCall::Refusal::kUnknown, NoSuchService(target));
}

void WorkerHost::OnScheduled(ScheduledEvent event, ScheduledDone done) {
  if (Worker* worker = Current()) {
    ScheduledInvocation::Start(*worker, std::move(event), std::move(done));
  } else {
    done({.outcome = ScheduledOutcome::kException, .no_retry = false});
  }
}

void WorkerHost::OnAsset(const http::RequestHead& request, int status) {
  if (definition_->recorder) definition_->recorder->OnAnswered(request.method(), request.target(), status, 0, "asset");
}

void WorkerHost::DispatchSoon(http::Ref<http::RequestHead> head, std::unique_ptr<EventPurpose> purpose) {
  executor_->Post([this, head = std::move(head), purpose = std::move(purpose)]() mutable {
    Run(http::MakeRef<BackgroundExchange>(std::move(head)), std::move(purpose));
  });
}

void WorkerHost::Run(http::Ref<http::Exchange> exchange, std::unique_ptr<EventPurpose> purpose) {
  Worker* worker = Current();
  if (!worker) {
    if (definition_->metering) {
      runtime::WorkerMeter& meter = definition_->metering->Of(definition_->name, static_cast<size_t>(shard_.index()));
      meter.events.Add();
      meter.outcomes[static_cast<size_t>(runtime::EventOutcome::kInternalError)].Add();
    }
    exchange->Respond({.status = 503, .status_text = {}, .headers = {}},
                      std::string_view("error code: 1101\nWorker could not be started\n"));
    return;
  }
  FetchInvocation::Start(pool_, *worker, std::move(exchange), std::move(purpose));
}

}  // namespace verge::bindings
