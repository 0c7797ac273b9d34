#include "bindings/service/transport_pair.h"

#include <cstdint>
#include <span>
#include <string>

#include "runtime/timer_queue.h"

namespace verge::bindings {
namespace {

class PairedTransport final : public http::Transport, private runtime::TimerQueue::Timer {
 public:
  explicit PairedTransport(runtime::Shard& shard) : shard_(shard) {}

  ~PairedTransport() override {
    shard_.timers().Cancel(this);
    if (gone_) *gone_ = true;
    if (!peer_) return;
    peer_->peer_ = nullptr;
    peer_->CloseSoon();
  }

  static void Join(PairedTransport& a, PairedTransport& b) {
    a.peer_ = &b;
    b.peer_ = &a;
  }

  void Start(http::TransportObserver* observer) override {
    observer_ = observer;
    Soon();
  }

  size_t Write(std::span<const uint8_t> data) override {
    if (!peer_ || shut_) return 0;
    peer_->inbox_.append(reinterpret_cast<const char*>(data.data()), data.size());
    peer_->Soon();
    return peer_->inbox_.size();
  }

  void Pause() override { paused_ = true; }

  void Resume() override {
    paused_ = false;
    Soon();
  }

  void Shutdown() override {
    if (!std::exchange(shut_, true) && peer_) peer_->CloseSoon();
  }

 private:
  // What one end does the other one sees a turn of the loop later: two workers that answer each other at once would
  // otherwise never let the loop go.
  void Soon() {
    if (observer_ && !pending()) shard_.timers().Set(this, 0);
  }

  void CloseSoon() {
    closed_ = true;
    Soon();
  }

  // Each callback may destroy this.
  void OnTimer() override {
    if (!observer_) return;
    bool gone = false;
    gone_ = &gone;
    if (!inbox_.empty() && !paused_) {
      const std::string data = std::exchange(inbox_, {});
      observer_->OnRead({reinterpret_cast<const uint8_t*>(data.data()), data.size()});
      if (gone) return;
      if (peer_) {
        peer_->drained_ = true;
        peer_->Soon();
      }
    }
    if (std::exchange(drained_, false)) {
      observer_->OnDrained();
      if (gone) return;
    }
    gone_ = nullptr;
    if (closed_ && inbox_.empty()) std::exchange(observer_, nullptr)->OnClosed("");
  }

  runtime::Shard& shard_;
  PairedTransport* peer_ = nullptr;  // null: destroyed
  http::TransportObserver* observer_ = nullptr;
  std::string inbox_;  // written by the peer and not read so far
  bool paused_ = false;
  bool shut_ = false;     // for writing
  bool drained_ = false;  // the peer has read what was written to it
  bool closed_ = false;   // the peer writes no more
  bool* gone_ = nullptr;
};

}  // namespace

std::pair<std::unique_ptr<http::Transport>, std::unique_ptr<http::Transport>> MakeTransportPair(runtime::Shard& shard) {
  auto a = std::make_unique<PairedTransport>(shard);
  auto b = std::make_unique<PairedTransport>(shard);
  PairedTransport::Join(*a, *b);
  return {std::move(a), std::move(b)};
}

}  // namespace verge::bindings
