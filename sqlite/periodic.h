// Something that is done again and again in the background: sweeping what has expired, closing what is idle.
#ifndef SQLITE_PERIODIC_H_
#define SQLITE_PERIODIC_H_

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace verge::sqlite {

// A thread that sleeps between two rounds. There is none before Start. Start and the destructor on any thread, one at a
// time; what a round uses has to live until the destructor is through.
class Periodic {
 public:
  Periodic() = default;
  // Waits for the round that is under way.
  ~Periodic();
  Periodic(const Periodic&) = delete;
  Periodic& operator=(const Periodic&) = delete;

  [[nodiscard]] bool started() const { return thread_.joinable(); }
  // Once. The first round comes after one `interval`. `name` is the thread's, 15 characters at most.
  void Start(std::string name, std::chrono::milliseconds interval, std::function<void()> round);

 private:
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace verge::sqlite

#endif  // SQLITE_PERIODIC_H_
