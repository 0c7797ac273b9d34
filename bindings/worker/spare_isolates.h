// Isolates that are ready before anybody asks for them.
#ifndef BINDINGS_WORKER_SPARE_ISOLATES_H_
#define BINDINGS_WORKER_SPARE_ISOLATES_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/timer_queue.h"
#include "runtime/worker_isolate.h"

namespace verge::bindings {

// Most of what a worker's first request waits for is the making of an isolate and its context from the snapshot, which
// is the same for all workers. So some are kept in which no code has run, and made anew when they have been taken. On
// the shard's thread.
class SpareIsolates final : private runtime::TimerQueue::Timer {
 public:
  // `api` is what they offer.
  SpareIsolates(runtime::Shard& shard, runtime::Api* api, size_t count);
  ~SpareIsolates();
  SpareIsolates(const SpareIsolates&) = delete;
  SpareIsolates& operator=(const SpareIsolates&) = delete;

  // One with these options, ready or made now. It belongs to whoever takes it, and never comes back.
  std::unique_ptr<runtime::WorkerIsolate> Take(runtime::WorkerIsolateOptions options);

 private:
  // Makes one; the next one, if there is to be another, when the loop has dealt with what came meanwhile.
  void OnTimer() override;

  runtime::Shard& shard_;
  runtime::Api* const api_;
  const size_t count_;
  size_t heap_bytes_;  // V8 has to know its limit from the start: what was wanted last
  std::vector<std::unique_ptr<runtime::WorkerIsolate>> ready_;
};

}  // namespace verge::bindings

#endif  // BINDINGS_WORKER_SPARE_ISOLATES_H_
