// What stands before a worker in development: the explorer, and what is wrong as long as there never was a version that
// runs.
#ifndef CLI_DEV_DEV_FRONT_H_
#define CLI_DEV_DEV_FRONT_H_

#include <memory>
#include <mutex>
#include <string>

#include "cli/dev/explorer/explorer.h"
#include "cli/dev/local_endpoints.h"
#include "cli/shard_thread.h"

namespace verge::cli {

// Why there is no worker; shared by the shards and the thread that builds. Any thread.
class DevState {
 public:
  void SetError(std::string error) {
    std::lock_guard lock(mutex_);
    error_ = std::move(error);
  }
  std::string error() const {
    std::lock_guard lock(mutex_);
    return error_;
  }

 private:
  mutable std::mutex mutex_;
  std::string error_;
};

class DevFront final : public Front {
 public:
  DevFront(bindings::WorkerHost& host, std::shared_ptr<const DevState> state, const LocalEndpoints& endpoints,
           Explorer explorer)
      : host_(host), state_(std::move(state)), endpoints_(endpoints), explorer_(std::move(explorer)) {}

  void OnRequest(http::Ref<http::Exchange> exchange) override;

 private:
  bindings::WorkerHost& host_;
  const std::shared_ptr<const DevState> state_;
  const LocalEndpoints endpoints_;
  Explorer explorer_;
};

}  // namespace verge::cli

#endif  // CLI_DEV_DEV_FRONT_H_
