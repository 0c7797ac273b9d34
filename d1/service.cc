#include "d1/service.h"

#include <pthread.h>

#include <chrono>
#include <vector>

namespace verge::d1 {
namespace {

constexpr size_t kReadThreads = 4;
constexpr size_t kWriteThreads = 4;
constexpr std::chrono::seconds kIdle{30};
constexpr std::chrono::seconds kSweepEvery{10};

}  // namespace

Service::Service(const sqlite::StateDirectory& directory, Limits limits)
    : directory_(directory), limits_(limits), writers_(kWriteThreads, "d1-write"), readers_(kReadThreads, "d1-read") {}

Service::~Service() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (sweeper_.joinable()) sweeper_.join();
}

std::shared_ptr<Database> Service::Get(const std::string& id) {
  std::lock_guard lock(mutex_);
  std::shared_ptr<Database>& database = databases_[id];
  if (!database) database = std::make_shared<Database>(directory_, id, limits_, readers_, writers_);
  if (!sweeper_.joinable()) sweeper_ = std::thread([this] { Sweep(); });
  return database;
}

void Service::Sweep() {
  pthread_setname_np(pthread_self(), "d1-sweep");
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kSweepEvery, [this] { return stopping_; })) {
    std::vector<std::shared_ptr<Database>> all;
    all.reserve(databases_.size());
    for (const auto& [id, database] : databases_) all.push_back(database);
    lock.unlock();
    for (const auto& database : all) database->CloseIdle(std::chrono::steady_clock::now() - kIdle);
    lock.lock();
  }
}

}  // namespace verge::d1
