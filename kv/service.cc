#include "kv/service.h"

#include <pthread.h>
#include <signal.h>

#include <utility>

#include "kv/cache.h"

namespace verge::kv {

Service::Service(const sqlite::StateDirectory& directory, sqlite::ThreadPool& commits, sqlite::ThreadPool& reads,
                 ServiceOptions options)
    : directory_(directory),
      commits_(commits),
      reads_(reads),
      options_(options),
      cache_(std::make_shared<Cache>(options.cache_bytes)) {}

Service::~Service() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  if (sweeper_.joinable()) sweeper_.join();
}

std::shared_ptr<Namespace> Service::Open(const std::string& id) {
  std::lock_guard lock(mutex_);
  auto& found = namespaces_[id];
  if (!found) {
    found.reset(
        new Namespace(id, {directory_, commits_, reads_, cache_, *options_.clock, options_.vfs, options_.writer}));
  }
  if (!sweeper_.joinable() && options_.sweep_interval.count() > 0) {
    // Signals are the main thread's.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    sweeper_ = std::thread([this] { SweepAll(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  return found;
}

void Service::SweepAll() {
  pthread_setname_np(pthread_self(), "kv-sweep");
  std::unique_lock lock(mutex_);
  while (!stop_.wait_for(lock, options_.sweep_interval, [this] { return stopping_; })) {
    std::vector<std::shared_ptr<Namespace>> all;
    for (const auto& [id, name_space] : namespaces_) all.push_back(name_space);
    lock.unlock();
    for (const auto& name_space : all) {
      name_space->Sweep();
      name_space->CloseIdle();
    }
    all.clear();
    lock.lock();
  }
}

}  // namespace verge::kv
