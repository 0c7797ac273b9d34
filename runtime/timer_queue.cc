#include "runtime/timer_queue.h"

#include <algorithm>

namespace verge::runtime {

TimerQueue::TimerQueue(uv_loop_t* loop) : loop_(loop), handle_(new uv_timer_t) {
  uv_timer_init(loop, handle_);
  handle_->data = this;
  uv_unref(reinterpret_cast<uv_handle_t*>(handle_));
}

TimerQueue::~TimerQueue() {
  for (Timer* timer : heap_) timer->index_ = Timer::kNone;
  uv_close(reinterpret_cast<uv_handle_t*>(handle_),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_timer_t*>(handle); });
}

bool TimerQueue::Before(const Timer* a, const Timer* b) {
  return a->due_ms_ != b->due_ms_ ? a->due_ms_ < b->due_ms_ : a->sequence_ < b->sequence_;
}

void TimerQueue::Place(size_t index, Timer* timer) {
  heap_[index] = timer;
  timer->index_ = index;
}

void TimerQueue::SiftUp(size_t index) {
  Timer* timer = heap_[index];
  for (; index > 0; index = (index - 1) / 2) {
    Timer* parent = heap_[(index - 1) / 2];
    if (!Before(timer, parent)) break;
    Place(index, parent);
  }
  Place(index, timer);
}

void TimerQueue::SiftDown(size_t index) {
  Timer* timer = heap_[index];
  for (;;) {
    size_t child = 2 * index + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && Before(heap_[child + 1], heap_[child])) ++child;
    if (!Before(heap_[child], timer)) break;
    Place(index, heap_[child]);
    index = child;
  }
  Place(index, timer);
}

void TimerQueue::Remove(size_t index) {
  heap_[index]->index_ = Timer::kNone;
  Timer* last = heap_.back();
  heap_.pop_back();
  if (index == heap_.size()) return;
  Place(index, last);
  SiftUp(index);
  SiftDown(last->index_);
}

void TimerQueue::Set(Timer* timer, uint64_t delay_ms) {
  if (timer->pending()) Remove(timer->index_);
  // The loop's cached time can be old when much ran since it was read.
  uv_update_time(loop_);
  uint64_t now_ms = uv_now(loop_);
  timer->due_ms_ = delay_ms > UINT64_MAX - now_ms ? UINT64_MAX : now_ms + delay_ms;
  timer->sequence_ = next_sequence_++;
  heap_.push_back(timer);
  timer->index_ = heap_.size() - 1;
  SiftUp(timer->index_);
  Arm();
}

void TimerQueue::Cancel(Timer* timer) {
  if (!timer->pending()) return;
  Remove(timer->index_);
  Arm();
}

void TimerQueue::Arm() {
  if (firing_) return;  // Fire does it in the end
  if (heap_.empty()) {
    if (armed_for_ms_ != UINT64_MAX) uv_timer_stop(handle_);
    armed_for_ms_ = UINT64_MAX;
    return;
  }
  uint64_t due_ms = heap_.front()->due_ms_;
  if (due_ms == armed_for_ms_) return;
  armed_for_ms_ = due_ms;
  uint64_t now_ms = uv_now(loop_);
  uv_timer_start(
      handle_, [](uv_timer_t* handle) { static_cast<TimerQueue*>(handle->data)->Fire(); },
      due_ms > now_ms ? due_ms - now_ms : 0, 0);
}

void TimerQueue::Fire() {
  armed_for_ms_ = UINT64_MAX;
  firing_ = true;
  // Only what is due now and was set before: a timer that sets itself anew with delay 0 must not starve the loop.
  uint64_t now_ms = uv_now(loop_);
  uint64_t end = next_sequence_;
  while (!heap_.empty() && heap_.front()->due_ms_ <= now_ms && heap_.front()->sequence_ < end) {
    Timer* timer = heap_.front();
    Remove(0);
    timer->OnTimer();
  }
  firing_ = false;
  Arm();
}

}  // namespace verge::runtime
