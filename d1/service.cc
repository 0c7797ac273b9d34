#include "d1/service.h"

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

std::shared_ptr<Database> Service::Get(const std::string& id, const std::string& space) {
  std::lock_guard lock(mutex_);
  std::shared_ptr<Database>& database = databases_[{space, id}];
  if (!database) {
    const sqlite::StateDirectory& directory = spaces_.try_emplace(space, directory_.Within(space)).first->second;
    database = std::make_shared<Database>(directory, id, limits_, readers_, writers_);
  }
  if (!sweeper_.started()) sweeper_.Start("d1-sweep", kSweepEvery, [this] { Sweep(); });
  return database;
}

void Service::Sweep() {
  std::vector<std::shared_ptr<Database>> all;
  {
    std::lock_guard lock(mutex_);
    all.reserve(databases_.size());
    for (const auto& [key, database] : databases_) all.push_back(database);
  }
  for (const auto& database : all) database->CloseIdle(std::chrono::steady_clock::now() - kIdle);
}

}  // namespace verge::d1
