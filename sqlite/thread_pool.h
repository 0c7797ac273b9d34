// Threads for what waits for disks: commits (fsync), reads that miss every cache, SQL.
//
// Not uv's pool, whose four threads belong to short work without I/O: a few fsyncs would starve it.
#ifndef SQLITE_THREAD_POOL_H_
#define SQLITE_THREAD_POOL_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace verge::sqlite {

// A thread that gets no signals: they belong to the main thread, whoever starts this one. `name` is what debuggers
// show, 15 characters at most.
std::thread StartThread(std::string name, std::function<void()> run);

// Something to do. Intrusive: queueing allocates nothing.
class PoolTask {
 public:
  PoolTask() = default;
  PoolTask(const PoolTask&) = delete;
  PoolTask& operator=(const PoolTask&) = delete;

  // On a thread of the pool. The task is out of the queue: it may delete itself or be posted again.
  virtual void Run() = 0;

 protected:
  virtual ~PoolTask() = default;

 private:
  friend class ThreadPool;
  PoolTask* next_ = nullptr;
};

// Threads start when they are first needed, up to the maximum, and then stay. Any thread may post. First come, first
// served.
class ThreadPool {
 public:
  // `name` is what debuggers show, at most 12 characters.
  explicit ThreadPool(size_t max_threads, std::string name = "sqlite");
  // Runs everything that was posted, then ends the threads.
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Not owned: it must live until its Run.
  void Post(PoolTask* task);

  // Runs a callable once.
  template <typename F>
  void PostFunction(F function) {
    class Once final : public PoolTask {
     public:
      explicit Once(F function) : function_(std::move(function)) {}
      void Run() override {
        function_();
        delete this;
      }

     private:
      F function_;
    };
    Post(new Once(std::move(function)));
  }

  // How many tasks wait for a thread.
  [[nodiscard]] size_t queued() const;

 private:
  void Work();

  const size_t max_threads_;
  const std::string name_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  PoolTask* first_ = nullptr;
  PoolTask* last_ = nullptr;
  size_t queued_ = 0;
  size_t idle_ = 0;  // threads that wait in wake_
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

// CPU time of the calling thread, in nanoseconds: what a job has used, to be charged to whom it was done for.
int64_t ThreadCpuNs();

}  // namespace verge::sqlite

#endif  // SQLITE_THREAD_POOL_H_
