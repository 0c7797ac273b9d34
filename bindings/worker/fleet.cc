#include "bindings/worker/fleet.h"

#include <algorithm>
#include <utility>

#include "runtime/shard.h"

namespace verge::bindings {
namespace {

// After a failure, doubled with each further one.
constexpr uint64_t kRetryMs = 1000;
constexpr uint64_t kMaxRetryMs = 60'000;
// Who was not asked for so long rests, and the shard spends so much of its time on that.
constexpr uint64_t kRestAfterMs = 1000;
constexpr uint64_t kRestEveryMs = 50;
constexpr uint64_t kRestNs = 5'000'000;
// Who has grown by so much since it rested has something to give back.
constexpr uint64_t kGrownBytes = uint64_t{1} << 20;
constexpr uint64_t kTickMs = 1000;
constexpr size_t kMaxWaiting = 1000;

void RespondNoWorker(http::Exchange& exchange) {
  exchange.Respond({.status = 404, .status_text = {}, .headers = {}},
                   std::string_view("error code: 1042\nNo worker is configured for this host and path\n"));
}

}  // namespace

Fleet::Fleet(runtime::Shard& shard, std::shared_ptr<FleetDefinitions> definitions, const FleetLimits& limits,
             runtime::Api* api)
    : shard_(shard), definitions_(std::move(definitions)), limits_(limits), spares_(shard, api, limits.spare_isolates) {
  shard_.timers().Set(this, kTickMs);
}

Fleet::~Fleet() {
  shard_.timers().Cancel(this);
  shard_.timers().Cancel(&rester_);
  for (Defining* each : defining_) each->fleet = nullptr;
}

void Fleet::Prewarm() {
  for (uint32_t worker : definitions_->Prewarmed()) {
    Entry& entry = entries_[worker];
    entry.pinned = true;
    auto definition = definitions_->Define(worker);
    if (!definition) {
      Failed(worker, entry, definition.error());
      continue;
    }
    entry.host = std::make_unique<WorkerHost>(shard_, *std::move(definition), this, refreshes_, &spares_);
    EnsureLoaded(worker, entry);
  }
}

void Fleet::Replace(std::shared_ptr<FleetDefinitions> definitions, const FleetLimits& limits) {
  const std::shared_ptr<FleetDefinitions> before = std::exchange(definitions_, std::move(definitions));
  limits_ = limits;
  // What is being defined is defined anew when it is asked for again; who waits asks again at once.
  for (Defining* each : std::exchange(defining_, {})) each->fleet = nullptr;
  std::unordered_map<uint32_t, Entry> old = std::exchange(entries_, {});
  struct Waiting {
    std::string name;
    std::vector<Work> work;
    std::vector<ScheduledEvent> scheduled;
  };
  std::vector<Waiting> waiting;
  restless_.clear();
  for (auto& [worker, entry] : old) {
    const std::string name(before->NameOf(worker));
    if (!entry.waiting.empty() || !entry.scheduled.empty()) {
      waiting.push_back({name, std::exchange(entry.waiting, {}), std::exchange(entry.scheduled, {})});
    }
    if (!entry.host) continue;
    const auto now = definitions_->Find(name);
    auto known = now ? definitions_->Known(*now) : nullptr;
    if (known == entry.host->definition()) {
      if (entry.live) *entry.place = *now;
      if (entry.restless) restless_.push_back(*now);
      entry.pinned = false;
      entries_.emplace(*now, std::move(entry));
      continue;
    }
    if (entry.live) {
      live_.erase(entry.place);
      bytes_ -= entry.bytes;
    }
    // It may be on the stack: the loop ends it.
    leaving_.push_back(std::move(entry.host));
    if (known) entries_[*now].host = std::make_unique<WorkerHost>(shard_, std::move(known), this, refreshes_, &spares_);
  }
  for (uint32_t worker : definitions_->Prewarmed()) {
    Entry& entry = entries_[worker];
    entry.pinned = true;
    if (entry.host) {
      EnsureLoaded(worker, entry);
    } else {
      StartDefining(worker, entry);  // requests to others do not wait for it
    }
  }
  for (auto& [name, work, scheduled] : waiting) {
    const auto now = definitions_->Find(name);
    for (Work& each : work) {
      if (now) {
        Take(*now, std::move(each));
      } else if (each.exchange) {
        RespondNoWorker(*each.exchange);
      } else {
        each.call->Refuse(ServiceCall::Refusal::kUnknown, "The worker \"" + name + "\" is gone.");
      }
    }
    if (!now) continue;
    for (ScheduledEvent& event : scheduled) OnScheduled(*now, std::move(event));
  }
  MakeRoom();
}

void Fleet::OnRequest(http::Ref<http::Exchange> exchange) {
  const http::RequestHead& head = *exchange->head();
  auto worker = definitions_->Route(head.secure(), head.authority(), head.target());
  if (!worker) return RespondNoWorker(*exchange);
  Take(*worker, {.exchange = std::move(exchange), .call = nullptr});
}

void Fleet::Call(const ServiceTarget& target, std::unique_ptr<ServiceCall> call) {
  auto worker = target.refusal.empty() ? definitions_->Find(target.service) : std::nullopt;
  if (!worker) return call->Refuse(ServiceCall::Refusal::kUnknown, NoSuchService(target));
  Take(*worker, {.exchange = nullptr, .call = std::move(call)});
}

void Fleet::Take(uint32_t worker, Work work) {
  Entry& entry = entries_[worker];
  if (entry.host) [[likely]]
    return Dispatch(worker, entry, std::move(work));
  if (!entry.defining && uv_now(shard_.loop()) < entry.retry_at_ms) return RefuseBroken(worker, work);
  if (entry.waiting.size() >= kMaxWaiting) {
    if (work.call) return RefuseBroken(worker, work);
    work.exchange->Respond({.status = 503, .status_text = {}, .headers = {}},
                           std::string_view("error code: 1102\nToo many requests wait for this worker to start\n"));
    return;
  }
  entry.waiting.push_back(std::move(work));
  if (!entry.defining) StartDefining(worker, entry);
}

void Fleet::RefuseBroken(uint32_t worker, Work& work) {
  if (work.call) {
    return work.call->Refuse(ServiceCall::Refusal::kBroken,
                             "The worker \"" + std::string(definitions_->NameOf(worker)) + "\" could not be started.");
  }
  work.exchange->Respond({.status = 500, .status_text = {}, .headers = {}},
                         std::string_view("error code: 1101\nWorker could not be started\n"));
}

void Fleet::OnScheduled(uint32_t worker, ScheduledEvent event) {
  Entry& entry = entries_[worker];
  if (entry.host) return DispatchScheduled(worker, entry, std::move(event));
  entry.scheduled.push_back(std::move(event));
  if (!entry.defining) StartDefining(worker, entry);
}

void Fleet::DispatchScheduled(uint32_t worker, Entry& entry, ScheduledEvent event) {
  if (!EnsureLoaded(worker, entry)) return;
  entry.used_at_ms = uv_now(shard_.loop());
  live_.splice(live_.end(), live_, entry.place);
  entry.host->OnScheduled(std::move(event), [](const ScheduledResult&) {});
}

void Fleet::StartDefining(uint32_t worker, Entry& entry) {
  entry.defining = true;
  auto* defining = new Defining();
  defining->work.data = defining;
  defining->fleet = this;
  defining->definitions = definitions_;
  defining->worker = worker;
  defining_.push_back(defining);
  uv_queue_work(
      shard_.loop(), &defining->work,
      [](uv_work_t* work) {
        auto* self = static_cast<Defining*>(work->data);
        self->result = self->definitions->Define(self->worker);
      },
      [](uv_work_t* work, int) {
        std::unique_ptr<Defining> self(static_cast<Defining*>(work->data));
        if (self->fleet) self->fleet->OnDefined(*self);
      });
}

void Fleet::OnDefined(Defining& done) {
  std::erase(defining_, &done);
  Entry& entry = entries_[done.worker];
  entry.defining = false;
  std::vector<Work> waiting = std::exchange(entry.waiting, {});
  std::vector<ScheduledEvent> scheduled = std::exchange(entry.scheduled, {});
  if (!done.result) {
    Failed(done.worker, entry, done.result.error());
    for (Work& work : waiting) RefuseBroken(done.worker, work);
    return;
  }
  entry.host = std::make_unique<WorkerHost>(shard_, *std::move(done.result), this, refreshes_, &spares_);
  if (entry.pinned) EnsureLoaded(done.worker, entry);
  for (Work& work : waiting) Dispatch(done.worker, entry, std::move(work));
  for (ScheduledEvent& event : scheduled) DispatchScheduled(done.worker, entry, std::move(event));
}

void Fleet::Dispatch(uint32_t worker, Entry& entry, Work work) {
  if (!EnsureLoaded(worker, entry)) return RefuseBroken(worker, work);
  if (entry.host->open_invocations() >= limits_.concurrent) [[unlikely]]
    return Shed(worker, entry, work);
  entry.used_at_ms = uv_now(shard_.loop());
  live_.splice(live_.end(), live_, entry.place);
  if (work.call) {
    entry.host->OnCall(std::move(work.call));
  } else {
    entry.host->OnRequest(std::move(work.exchange));
  }
}

bool Fleet::EnsureLoaded(uint32_t worker, Entry& entry) {
  if (entry.live) [[likely]]
    return true;
  if (uv_now(shard_.loop()) < entry.retry_at_ms) return false;
  if (auto loaded = entry.host->Load(); !loaded) {
    Failed(worker, entry, loaded.error());
    return false;
  }
  entry.live = true;
  entry.failures = 0;
  entry.used_at_ms = uv_now(shard_.loop());
  entry.place = live_.insert(live_.end(), worker);
  Measure(entry);
  Disturb(worker, entry);
  MakeRoom();
  return true;
}

void Fleet::Failed(uint32_t worker, Entry& entry, const std::string& why) {
  uv_update_time(shard_.loop());
  const uint64_t wait_ms = std::min(kRetryMs << std::min(entry.failures, 10u), kMaxRetryMs);
  ++entry.failures;
  entry.retry_at_ms = uv_now(shard_.loop()) + wait_ms;
  shard_.log().Write(runtime::LogLevel::kError, definitions_->NameOf(worker),
                     "cannot start the worker; requests for it fail for " + std::to_string(wait_ms / 1000) +
                         " s before it is tried again: " + why);
}

void Fleet::Shed(uint32_t worker, Entry& entry, Work& work) {
  // The log tells of the first one at once, and of the others once a second.
  if (entry.shed++ == 0) {
    shard_.log().Write(runtime::LogLevel::kWarn, definitions_->NameOf(worker),
                       std::to_string(limits_.concurrent) +
                           " events of the worker are under way on a shard: more are refused with 503");
  }
  if (work.call) {
    return work.call->Refuse(
        ServiceCall::Refusal::kBroken,
        "The worker \"" + std::string(definitions_->NameOf(worker)) + "\" has too many events under way.");
  }
  constexpr http::HeaderField kFields[] = {{"Retry-After", "1"}};
  work.exchange->Respond({.status = 503, .status_text = {}, .headers = kFields},
                         std::string_view("error code: 1102\nToo many requests for this worker are under way\n"));
}

void Fleet::Disturb(uint32_t worker, Entry& entry) {
  if (std::exchange(entry.restless, true)) return;
  if (!rester_.pending()) shard_.timers().Set(&rester_, kRestAfterMs);
  restless_.push_back(worker);
}

void Fleet::RestSome() {
  uv_update_time(shard_.loop());
  const uint64_t now = uv_now(shard_.loop());
  const uint64_t start = uv_hrtime();
  // Those still in use go to the end; each is looked at once.
  for (size_t left = restless_.size(); left > 0 && uv_hrtime() - start < kRestNs; --left) {
    const uint32_t worker = restless_.front();
    restless_.pop_front();
    Entry& entry = entries_[worker];
    if (entry.live && (now - entry.used_at_ms < kRestAfterMs || !entry.host->idle())) {
      restless_.push_back(worker);
      continue;
    }
    entry.restless = false;
    if (!entry.live) continue;
    entry.host->Rest();
    Measure(entry);
    entry.rested_bytes = entry.bytes;
  }
  if (!restless_.empty()) shard_.timers().Set(&rester_, kRestEveryMs);
}

void Fleet::Measure(Entry& entry) {
  bytes_ -= entry.bytes;
  entry.bytes = entry.host->MeasureBytes();
  bytes_ += entry.bytes;
}

void Fleet::Evict(Entry& entry) {
  entry.host->Evict();
  bytes_ -= std::exchange(entry.bytes, 0);
  entry.live = false;
  live_.erase(entry.place);
}

void Fleet::MakeRoom() {
  const auto too_much = [this] { return bytes_ > limits_.memory_bytes || live_.size() > limits_.isolates; };
  for (auto each = live_.begin(); too_much() && each != live_.end();) {
    // The last one is in use now.
    if (std::next(each) == live_.end()) return;
    Entry& entry = entries_[*each++];
    if (!entry.pinned && entry.host->idle()) Evict(entry);
  }
}

void Fleet::OnTimer() {
  std::erase_if(leaving_, [](const std::unique_ptr<WorkerHost>& host) {
    if (!host->finished()) return false;
    if (!host->has_worker()) return true;
    host->Evict();  // its isolate goes before it
    return false;
  });
  const uint64_t now = uv_now(shard_.loop());
  while (!live_.empty()) {
    Entry& oldest = entries_[live_.front()];
    if (now - oldest.used_at_ms < limits_.idle_ms) break;
    if (oldest.pinned || !oldest.host->idle()) {
      oldest.used_at_ms = now;
      live_.splice(live_.end(), live_, oldest.place);
      continue;
    }
    Evict(oldest);
  }
  // What was used since the last time has another size now.
  for (auto each = live_.rbegin(); each != live_.rend(); ++each) {
    Entry& entry = entries_[*each];
    if (now - entry.used_at_ms > 2 * kTickMs) break;
    Measure(entry);
    if (entry.bytes > entry.rested_bytes + kGrownBytes) Disturb(*each, entry);
    if (const uint32_t shed = std::exchange(entry.shed, 0); shed > 1) {
      shard_.log().Write(runtime::LogLevel::kWarn, definitions_->NameOf(*each),
                         std::to_string(shed) + " events were refused within a second");
    }
  }
  MakeRoom();
  shard_.timers().Set(this, kTickMs);
}

}  // namespace verge::bindings
