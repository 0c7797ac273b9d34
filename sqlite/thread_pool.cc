#include "sqlite/thread_pool.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

namespace verge::sqlite {

int64_t ThreadCpuNs() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

std::thread StartThread(std::string name, std::function<void()> run) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread([name = std::move(name), run = std::move(run)] {
    pthread_setname_np(pthread_self(), name.c_str());
    run();
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

ThreadPool::ThreadPool(size_t max_threads, std::string name)
    : max_threads_(max_threads > 0 ? max_threads : 1), name_(std::move(name)) {}

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  // No thread starts any more: nobody posts to a pool that is being destroyed but its own tasks, and those find it
  // with threads.
  for (std::thread& thread : threads_) thread.join();
}

void ThreadPool::Post(PoolTask* task) {
  {
    std::lock_guard lock(mutex_);
    task->next_ = nullptr;
    (last_ ? last_->next_ : first_) = task;
    last_ = task;
    ++queued_;
    if (idle_ < queued_ && threads_.size() < max_threads_ && !stopping_) {
      threads_.push_back(StartThread(name_, [this] { Work(); }));
    }
    if (idle_ == 0) return;  // a busy thread takes it, or the one just started
  }
  wake_.notify_one();
}

size_t ThreadPool::queued() const {
  std::lock_guard lock(mutex_);
  return queued_;
}

void ThreadPool::Work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (!first_) {
      if (stopping_) return;
      ++idle_;
      wake_.wait(lock, [this] { return first_ || stopping_; });
      --idle_;
      continue;
    }
    PoolTask* task = first_;
    first_ = task->next_;
    if (!first_) last_ = nullptr;
    --queued_;
    lock.unlock();
    task->Run();
    lock.lock();
  }
}

}  // namespace verge::sqlite
