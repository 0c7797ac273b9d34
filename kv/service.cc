#include "kv/service.h"

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

std::shared_ptr<Namespace> Service::Open(const std::string& id, const std::string& space) {
  std::lock_guard lock(mutex_);
  auto& found = namespaces_[{space, id}];
  if (!found) {
    const sqlite::StateDirectory& directory = spaces_.try_emplace(space, directory_.Within(space)).first->second;
    found.reset(
        new Namespace(id, {directory, commits_, reads_, cache_, *options_.clock, options_.vfs, options_.writer}));
  }
  if (!sweeper_.started() && options_.sweep_interval.count() > 0) {
    sweeper_.Start("kv-sweep", options_.sweep_interval, [this] { SweepAll(); });
  }
  return found;
}

void Service::SweepAll() {
  std::vector<std::shared_ptr<Namespace>> all;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [key, name_space] : namespaces_) all.push_back(name_space);
  }
  for (const auto& name_space : all) {
    name_space->Sweep();
    name_space->CloseIdle();
  }
}

}  // namespace verge::kv
