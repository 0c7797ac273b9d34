// A worker on a shard: takes requests from the HTTP server and keeps a healthy isolate for them.
#ifndef BINDINGS_WORKER_WORKER_HOST_H_
#define BINDINGS_WORKER_WORKER_HOST_H_

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "bindings/fetch/fetch_invocation.h"
#include "bindings/worker/worker.h"
#include "http/server.h"

namespace verge::bindings {

// When an isolate hurts a limit it is retired: requests that are under way in it finish there, new ones get a fresh
// isolate. On the shard's thread.
class WorkerHost final : public http::RequestHandler {
 public:
  WorkerHost(runtime::Shard& shard, std::shared_ptr<const WorkerDefinition> definition);
  ~WorkerHost();

  // Loads the worker into a first isolate.
  std::expected<void, std::string> Load();

  void OnRequest(http::Ref<http::Exchange> exchange) override;

  // Nothing is under way in the isolate that takes new requests.
  [[nodiscard]] bool idle() const { return !current_ || current_->isolate().open_invocations() == 0; }
  // Gives up the isolate of an idle host; Load makes another one.
  void Evict();
  // What its isolate takes: V8's heap and memory that it knows of outside.
  [[nodiscard]] uint64_t MeasureBytes() const;

 private:
  // The worker that takes new requests, or null when it cannot be loaded any more.
  Worker* Current();
  void OnDrained(Worker* worker);

  runtime::Shard& shard_;
  std::shared_ptr<const WorkerDefinition> definition_;
  InvocationPool pool_;
  std::unique_ptr<Worker> current_;
  std::vector<std::unique_ptr<Worker>> retired_;
};

}  // namespace verge::bindings

#endif  // BINDINGS_WORKER_WORKER_HOST_H_
