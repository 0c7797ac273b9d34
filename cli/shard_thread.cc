#include "cli/shard_thread.h"

#include <pthread.h>

#include "bindings/api.h"
#include "http/forwarding.h"
#include "runtime/timer_queue.h"

namespace verge::cli {

// Waits, after the last connection has closed, for what waitUntil still keeps going.
class ShardThread::Finisher final : public runtime::TimerQueue::Timer {
 public:
  Finisher(runtime::Shard& shard, std::chrono::steady_clock::time_point deadline, std::promise<bool> done)
      : shard_(shard), deadline_(deadline), done_(std::move(done)) {}
  ~Finisher() { shard_.timers().Cancel(this); }

  void OnTimer() override {
    bool cut = shard_.open_invocations() > 0;
    if (cut && std::chrono::steady_clock::now() < deadline_) {
      shard_.timers().Set(this, 5);
      return;
    }
    done_.set_value(cut);
    shard_.Stop();
  }

 private:
  runtime::Shard& shard_;
  const std::chrono::steady_clock::time_point deadline_;
  std::promise<bool> done_;
};

// Each second: what isolates hold, what the server has counted, and that the shard's loop goes round.
class ShardThread::Sampler final : public runtime::TimerQueue::Timer {
 public:
  Sampler(runtime::Shard& shard, runtime::Metering& metering, const http::Server& server)
      : shard_(shard), metering_(metering), server_(server) {
    OnTimer();
  }
  ~Sampler() { shard_.timers().Cancel(this); }

  void OnTimer() override {
    const auto index = static_cast<size_t>(shard_.index());
    metering_.Sample(index);
    const http::ServerCounters& counters = server_.counters();
    runtime::ShardMeter& meter = metering_.shard(index);
    meter.connections.Set(counters.connections);
    meter.open_connections.Set(counters.open_connections);
    meter.requests.Set(counters.requests);
    meter.refused.Set(counters.refused);
    meter.bytes_read.Set(counters.bytes_read);
    meter.bytes_written.Set(counters.bytes_written);
    shard_.timers().Set(this, kSampleMs);
  }

 private:
  static constexpr uint64_t kSampleMs = 1000;
  runtime::Shard& shard_;
  runtime::Metering& metering_;
  const http::Server& server_;
};

ShardThread::ShardThread(ShardThreadOptions options) : options_(std::move(options)) {}

ShardThread::~ShardThread() {
  if (thread_.joinable()) thread_.join();
}

std::future<std::expected<void, std::string>> ShardThread::Load() {
  std::promise<std::expected<void, std::string>> loaded;
  auto future = loaded.get_future();
  thread_ = std::thread([this, loaded = std::move(loaded)]() mutable { Run(std::move(loaded)); });
  return future;
}

void ShardThread::Run(std::promise<std::expected<void, std::string>> loaded) {
  pthread_setname_np(pthread_self(), ("shard-" + std::to_string(options_.shard.index)).c_str());
  shard_ = std::make_unique<runtime::Shard>(options_.shard);
  std::expected<void, std::string> result;
  if (options_.fleet) {
    fleet_ = std::make_unique<bindings::Fleet>(*shard_, options_.fleet, options_.fleet_limits, bindings::GetApi());
    fleet_->Prewarm();
  } else {
    host_ = std::make_unique<bindings::WorkerHost>(*shard_, options_.worker);
    if (options_.worker) result = host_->Load();
  }
  bool ok = result.has_value();
  loaded.set_value(std::move(result));
  if (ok) shard_->Run();
  finisher_.reset();
  sampler_.reset();
  scheduler_.reset();
  server_.reset();
  front_.reset();
  fleet_.reset();
  host_.reset();
  shard_.reset();
}

std::future<std::expected<void, std::string>> ShardThread::Replace(
    std::shared_ptr<const bindings::WorkerDefinition> worker) {
  auto promise = std::make_shared<std::promise<std::expected<void, std::string>>>();
  shard_->Post(
      [this, promise, worker = std::move(worker)]() mutable { promise->set_value(host_->Replace(std::move(worker))); });
  return promise->get_future();
}

std::future<void> ShardThread::ReplaceFleet(std::shared_ptr<bindings::FleetDefinitions> fleet,
                                            const bindings::FleetLimits& limits, Schedule schedule) {
  auto promise = std::make_shared<std::promise<void>>();
  shard_->Post([this, promise, fleet = std::move(fleet), limits, schedule = std::move(schedule)]() mutable {
    options_.fleet.reset();
    fleet_->Replace(std::move(fleet), limits);
    // Together: it names workers by their number.
    if (scheduler_) scheduler_->Replace(std::move(schedule));
    promise->set_value();
  });
  return promise->get_future();
}

std::future<std::expected<int, std::string>> ShardThread::Listen(std::string host, int port) {
  auto promise = std::make_shared<std::promise<std::expected<int, std::string>>>();
  shard_->Post([this, promise, host = std::move(host), port] {
    http::RequestHandler* handler = fleet_.get();
    if (!handler) handler = host_.get();
    if (options_.front && host_) {
      front_ = options_.front(*shard_, *host_);
      handler = front_.get();
    }
    auto forwarding = std::make_shared<http::Forwarding>(options_.proxies);
    server_ = options_.tls
                  ? http::CreateTlsServer(shard_->loop(), handler, options_.limits, options_.tls, std::move(forwarding))
                  : http::Server::Create(shard_->loop(), handler, options_.limits, std::move(forwarding));
    if (options_.metering) sampler_ = std::make_unique<Sampler>(*shard_, *options_.metering, *server_);
    auto listening = server_->Listen(host, port);
    if (listening && options_.scheduler) scheduler_ = options_.scheduler(*shard_, host_.get(), fleet_.get());
    promise->set_value(std::move(listening));
  });
  return promise->get_future();
}

std::future<bool> ShardThread::Drain(std::chrono::milliseconds deadline) {
  std::promise<bool> done;
  auto future = done.get_future();
  auto shared = std::make_shared<std::promise<bool>>(std::move(done));
  auto end = std::chrono::steady_clock::now() + deadline;
  shard_->Post([this, shared, deadline, end] {
    scheduler_.reset();
    finisher_ = std::make_unique<Finisher>(*shard_, end, std::move(*shared));
    server_->Drain(deadline, [this] { shard_->timers().Set(finisher_.get(), 0); });
  });
  return future;
}

void ShardThread::Stop() {
  if (shard_) shard_->Post([this] { shard_->Stop(); });
}

}  // namespace verge::cli
