#include "sqlite/periodic.h"

#include <utility>

#include "sqlite/thread_pool.h"

namespace verge::sqlite {

Periodic::~Periodic() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Periodic::Start(std::string name, std::chrono::milliseconds interval, std::function<void()> round) {
  thread_ = StartThread(std::move(name), [this, interval, round = std::move(round)] {
    std::unique_lock lock(mutex_);
    while (!stop_.wait_for(lock, interval, [this] { return stopping_; })) {
      lock.unlock();
      round();
      lock.lock();
    }
  });
}

}  // namespace verge::sqlite
