#include "http/turn_queue.h"

#include <algorithm>
#include <utility>

namespace verge::http {

TurnQueue::TurnQueue(uv_loop_t* loop) : handles_(new Handles) {
  uv_prepare_init(loop, &handles_->prepare);
  uv_idle_init(loop, &handles_->idle);
  handles_->prepare.data = this;
  uv_prepare_start(&handles_->prepare, [](uv_prepare_t* handle) { static_cast<TurnQueue*>(handle->data)->Run(); });
  // By itself it is no reason for the loop to go on.
  uv_unref(reinterpret_cast<uv_handle_t*>(&handles_->prepare));
}

void TurnQueue::Close() {
  if (!handles_) return;
  const auto closed = [](uv_handle_t* handle) {
    auto* handles = static_cast<Handles*>(handle->data);
    if (--handles->open == 0) delete handles;
  };
  handles_->prepare.data = handles_->idle.data = handles_;
  uv_close(reinterpret_cast<uv_handle_t*>(&handles_->prepare), closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&handles_->idle), closed);
  handles_ = nullptr;
}

void TurnQueue::Add(Scheduled* what) {
  if (!handles_ || std::exchange(what->scheduled_, true)) return;
  // A loop with an idle handle polls without waiting.
  if (waiting_.empty()) uv_idle_start(&handles_->idle, [](uv_idle_t*) {});
  waiting_.push_back(what);
}

void TurnQueue::Remove(Scheduled* what) {
  if (!std::exchange(what->scheduled_, false)) return;
  // Its place stays: Run may be going through them.
  std::ranges::replace(waiting_, what, nullptr);
}

void TurnQueue::Run() {
  if (waiting_.empty()) return;
  // One turn can schedule others (whose source it feeds, say), and they go to the end.
  for (size_t i = 0; i < waiting_.size(); ++i) {
    Scheduled* what = std::exchange(waiting_[i], nullptr);
    if (!what) continue;
    what->scheduled_ = false;
    what->OnTurn();
  }
  waiting_.clear();
  if (handles_) uv_idle_stop(&handles_->idle);
}

}  // namespace verge::http
