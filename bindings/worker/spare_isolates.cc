#include "bindings/worker/spare_isolates.h"

#include <utility>

#include "runtime/limits.h"
#include "runtime/shard.h"

namespace verge::bindings {
namespace {

// The first ones are made when the shard has long been listening, others when the answer is on its way for which one
// was taken.
constexpr uint64_t kFirstMs = 100;
constexpr uint64_t kNextMs = 2;

}  // namespace

SpareIsolates::SpareIsolates(runtime::Shard& shard, runtime::Api* api, size_t count)
    : shard_(shard), api_(api), count_(count), heap_bytes_(runtime::Limits().heap_bytes) {
  if (count_ > 0) shard_.timers().Set(this, kFirstMs);
}

SpareIsolates::~SpareIsolates() { shard_.timers().Cancel(this); }

std::unique_ptr<runtime::WorkerIsolate> SpareIsolates::Take(runtime::WorkerIsolateOptions options) {
  // A debugger's isolates are made with it.
  if (options.inspector || options.api != api_) {
    return std::make_unique<runtime::WorkerIsolate>(shard_, std::move(options));
  }
  if (count_ > 0 && !pending()) shard_.timers().Set(this, kNextMs);
  heap_bytes_ = options.limits.heap_bytes;
  while (!ready_.empty()) {
    std::unique_ptr<runtime::WorkerIsolate> isolate = std::move(ready_.back());
    ready_.pop_back();
    if (isolate->limits().heap_bytes == heap_bytes_) {
      isolate->Assign(std::move(options));
      return isolate;
    }
    shard_.DisposeLater(std::move(isolate));
  }
  return std::make_unique<runtime::WorkerIsolate>(shard_, std::move(options));
}

void SpareIsolates::OnTimer() {
  if (ready_.size() >= count_) return;
  runtime::WorkerIsolateOptions options;
  options.api = api_;
  options.limits.heap_bytes = heap_bytes_;
  ready_.push_back(std::make_unique<runtime::WorkerIsolate>(shard_, std::move(options)));
  if (ready_.size() < count_) shard_.timers().Set(this, kNextMs);
}

}  // namespace verge::bindings
