// The explorer of `verge dev`: a page on which to look at requests, KV, D1 and the cache, and the calls it makes.
//
//   GET  /cdn-cgi/local/explorer             the page
//   POST /cdn-cgi/local/explorer/api/NAME    a call: JSON in, JSON out (calls.h)
//
// Answered in front of the worker, without its isolate: it works when the worker does not.
#ifndef CLI_DEV_EXPLORER_EXPLORER_H_
#define CLI_DEV_EXPLORER_EXPLORER_H_

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "cache/service.h"
#include "cli/dev/explorer/request_history.h"
#include "config/project.h"
#include "d1/service.h"
#include "http/server.h"
#include "kv/service.h"
#include "runtime/shard_mailbox.h"

namespace verge::cli {

// What can be looked at. Shared by the shards and the thread that builds; any thread.
class ExplorerSubject {
 public:
  struct Binding {
    std::string name;
    std::string id;     // of the store
    std::string title;  // what else it is called, or ""
    std::string space;  // of the state folder, where the id is; "": the common one
  };
  struct Worker {
    std::string name;
    std::vector<Binding> kv;
    std::vector<Binding> d1;
  };

  // All must outlive it.
  ExplorerSubject(kv::Service& kv, d1::Service& d1, std::shared_ptr<cache::Service> cache, RequestHistory& history)
      : kv(kv), d1(d1), cache(std::move(cache)), history(history) {}

  using Workers = std::vector<std::shared_ptr<const Worker>>;

  // A version of the worker with that number, the next one at most, is about to run.
  void Set(size_t number, Worker worker) {
    auto made = std::make_shared<const Worker>(std::move(worker));
    const std::lock_guard lock(mutex_);
    if (number >= workers_.size()) workers_.resize(number + 1, made);
    workers_[number] = std::move(made);
  }
  // In their order; the first one is the one that is shown first.
  [[nodiscard]] Workers workers() const {
    const std::lock_guard lock(mutex_);
    return workers_;
  }

  kv::Service& kv;
  d1::Service& d1;
  const std::shared_ptr<cache::Service> cache;
  RequestHistory& history;

 private:
  mutable std::mutex mutex_;
  Workers workers_;
};

// One for each shard, on its thread.
class Explorer {
 public:
  Explorer(std::shared_ptr<ExplorerSubject> subject, std::shared_ptr<runtime::ShardMailbox> mailbox)
      : subject_(std::move(subject)), mailbox_(std::move(mailbox)) {}

  static constexpr std::string_view kPath = "/cdn-cgi/local/explorer";

  // Whether a request's target is its business.
  static bool Has(std::string_view target);
  void OnRequest(http::Ref<http::Exchange> exchange);

 private:
  const std::shared_ptr<ExplorerSubject> subject_;
  const std::shared_ptr<runtime::ShardMailbox> mailbox_;
};

}  // namespace verge::cli

#endif  // CLI_DEV_EXPLORER_EXPLORER_H_
