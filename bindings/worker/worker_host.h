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

  // Whether a version of the worker has been loaded.
  [[nodiscard]] bool has_worker() const { return current_ != nullptr; }

  // Loads the worker into a first isolate.
  std::expected<void, std::string> Load();

  // Loads another definition and gives it the requests from now on; those under way finish where they are. When it
  // cannot be loaded, everything stays as it is.
  std::expected<void, std::string> Replace(std::shared_ptr<const WorkerDefinition> definition);

  void OnRequest(http::Ref<http::Exchange> exchange) override;

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
