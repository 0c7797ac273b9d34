#include "bindings/worker/worker_host.h"

#include <algorithm>
#include <utility>

#include "runtime/shard.h"

namespace verge::bindings {

WorkerHost::WorkerHost(runtime::Shard& shard, std::shared_ptr<const WorkerDefinition> definition)
    : shard_(shard), definition_(std::move(definition)) {}

WorkerHost::~WorkerHost() = default;

std::expected<void, std::string> WorkerHost::Load() {
  auto worker = Worker::Load(shard_, definition_);
  if (!worker) return std::unexpected(worker.error());
  current_ = *std::move(worker);
  current_->isolate().set_on_drained([this, raw = current_.get()] { OnDrained(raw); });
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

uint64_t WorkerHost::MeasureBytes() const {
  if (!current_) return 0;
  v8::HeapStatistics statistics;
  current_->isolate().v8()->GetHeapStatistics(&statistics);
  return statistics.total_physical_size() + statistics.malloced_memory() + statistics.external_memory();
}

void WorkerHost::OnRequest(http::Ref<http::Exchange> exchange) {
  Worker* worker = Current();
  if (!worker) {
    exchange->Respond({.status = 503, .status_text = {}, .headers = {}},
                      std::string_view("error code: 1101\nWorker could not be started\n"));
    return;
  }
  FetchInvocation::Start(pool_, *worker, std::move(exchange));
}

}  // namespace verge::bindings
