// Timers of a loop: any number of them on one uv_timer_t.
#ifndef RUNTIME_TIMER_QUEUE_H_
#define RUNTIME_TIMER_QUEUE_H_

#include <uv.h>

#include <cstdint>
#include <vector>

namespace verge::runtime {

// On the loop's thread only. Timers with the same deadline fire in the order in which they were set.
class TimerQueue {
 public:
  // What is called. Not owned; Cancel before it goes.
  class Timer {
   public:
    virtual void OnTimer() = 0;
    [[nodiscard]] bool pending() const { return index_ != kNone; }

   protected:
    ~Timer() = default;

   private:
    friend class TimerQueue;
    static constexpr size_t kNone = SIZE_MAX;
    size_t index_ = kNone;
    uint64_t due_ms_ = 0;
    uint64_t sequence_ = 0;
  };

  explicit TimerQueue(uv_loop_t* loop);
  // Nothing may be pending. The uv handle closes itself with the loop's next turn.
  ~TimerQueue();

  // Sets (or sets anew) a timer to fire once, `delay_ms` from now.
  void Set(Timer* timer, uint64_t delay_ms);
  void Cancel(Timer* timer);
  [[nodiscard]] size_t size() const { return heap_.size(); }

 private:
  static bool Before(const Timer* a, const Timer* b);
  void Place(size_t index, Timer* timer);
  void SiftUp(size_t index);
  void SiftDown(size_t index);
  void Remove(size_t index);
  void Arm();
  void Fire();

  uv_loop_t* loop_;
  uv_timer_t* handle_;
  uint64_t armed_for_ms_ = UINT64_MAX;
  bool firing_ = false;
  uint64_t next_sequence_ = 0;
  std::vector<Timer*> heap_;
};

}  // namespace verge::runtime

#endif  // RUNTIME_TIMER_QUEUE_H_
