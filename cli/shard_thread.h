// One shard with its HTTP server, on a thread of its own.
#ifndef CLI_SHARD_THREAD_H_
#define CLI_SHARD_THREAD_H_

#include <chrono>
#include <expected>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "bindings/worker/fleet.h"
#include "bindings/worker/worker_host.h"
#include "cli/schedule/scheduler.h"
#include "http/server.h"
#include "http/tls_server.h"
#include "runtime/meter.h"
#include "runtime/shard.h"

namespace verge::cli {

// Stands before a shard's worker, on its thread.
class Front : public http::RequestHandler {
 public:
  virtual ~Front() = default;
};

struct ShardThreadOptions {
  runtime::ShardOptions shard;
  // The only worker, or those of a fleet. Neither: there is none yet; Replace brings one.
  std::shared_ptr<const bindings::WorkerDefinition> worker;
  std::shared_ptr<bindings::FleetDefinitions> fleet;
  bindings::FleetLimits fleet_limits;
  // Made on the shard's thread when it listens: what takes the requests instead of the worker. Null: nothing.
  std::function<std::unique_ptr<Front>(runtime::Shard&, bindings::WorkerHost&)> front;
  // Made on the shard's thread when it listens, and gone when it drains: what wakes workers. Exactly one of the two is
  // not null. Null: nothing.
  std::function<std::unique_ptr<Scheduler>(runtime::Shard&, bindings::WorkerHost*, bindings::Fleet*)> scheduler;
  http::ServerLimits limits;
  std::shared_ptr<runtime::Metering> metering;   // null: nothing is counted
  std::shared_ptr<const http::TlsIdentity> tls;  // null: plain HTTP
};

// Used from the main thread. Load, Listen and Drain hand the work over and return; the futures tell how it went.
class ShardThread {
 public:
  explicit ShardThread(ShardThreadOptions options);
  // Joins the thread, which must have been drained or failed to load.
  ~ShardThread();
  ShardThread(const ShardThread&) = delete;
  ShardThread& operator=(const ShardThread&) = delete;

  // Starts the thread and loads the worker.
  std::future<std::expected<void, std::string>> Load();
  // Puts another version of the worker in the place of the one that runs; when that fails, it goes on.
  std::future<std::expected<void, std::string>> Replace(std::shared_ptr<const bindings::WorkerDefinition> worker);
  // Puts other workers in the place of those of a fleet.
  std::future<void> ReplaceFleet(std::shared_ptr<bindings::FleetDefinitions> fleet, const bindings::FleetLimits& limits,
                                 Schedule schedule);
  // Opens the socket; gives the port.
  std::future<std::expected<int, std::string>> Listen(std::string host, int port);
  // Stops accepting and ends the thread when everything under way is done, or when the deadline is over. The future
  // tells whether anything was cut off.
  std::future<bool> Drain(std::chrono::milliseconds deadline);
  // Ends the thread of a shard that never listened.
  void Stop();

 private:
  class Finisher;
  class Sampler;

  void Run(std::promise<std::expected<void, std::string>> loaded);

  ShardThreadOptions options_;
  // All of these live and die on the thread.
  std::unique_ptr<runtime::Shard> shard_;
  std::unique_ptr<bindings::WorkerHost> host_;
  std::unique_ptr<bindings::Fleet> fleet_;
  std::unique_ptr<Front> front_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<Scheduler> scheduler_;
  std::unique_ptr<Finisher> finisher_;
  std::unique_ptr<Sampler> sampler_;
  std::thread thread_;
};

}  // namespace verge::cli

#endif  // CLI_SHARD_THREAD_H_
