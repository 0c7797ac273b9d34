#include <utility>

#include "http/client/transport_over_socket.h"

namespace verge::http {

namespace {

// What one event may read before other connections get their turn.
constexpr int kMaxReads = 16;

}  // namespace

TransportOverSocket::TransportOverSocket(Ref<ClientCore> core, Ref<Endpoint> endpoint, OutboundSocket::Pointer socket,
                                         std::span<const uint8_t> early)
    : core_(std::move(core)),
      endpoint_(std::move(endpoint)),
      socket_(std::move(socket)),
      early_(reinterpret_cast<const char*>(early.data()), early.size()) {
  ++core_->counters.open_connections;
  socket_->set_owner(this);
  socket_->Watch(0);
}

TransportOverSocket::~TransportOverSocket() {
  --core_->counters.open_connections;
  core_->Unschedule(this);
  if (destroyed_) *destroyed_ = true;
}

void TransportOverSocket::Start(TransportObserver* observer) {
  observer_ = observer;
  core_->Schedule(this);
}

size_t TransportOverSocket::Write(std::span<const uint8_t> data) {
  if (broken_ || shutdown_) return 0;
  WriteQueue& queue = socket_->queue();
  const bool was_empty = queue.empty();
  queue.Append({reinterpret_cast<const char*>(data.data()), data.size()});
  // What is queued already goes first, when the socket takes it.
  if (was_empty && socket_->Flush() == WriteQueue::Result::kBroken) {
    broken_ = true;
    queue.Clear();
    core_->Schedule(this);
    return 0;
  }
  if (!queue.empty()) undrained_ = true;
  Watch();
  return queue.size();
}

void TransportOverSocket::Pause() {
  paused_ = true;
  Watch();
}

void TransportOverSocket::Resume() {
  paused_ = false;
  core_->Schedule(this);
}

void TransportOverSocket::Shutdown() {
  if (shutdown_ || broken_) return;
  shutdown_ = true;
  core_->Schedule(this);
}

void TransportOverSocket::Watch() {
  int events = 0;
  if (observer_ && !paused_ && !input_ended_ && !broken_) events |= UV_READABLE;
  if ((!socket_->queue().empty() || yielding_) && !broken_) events |= UV_WRITABLE;
  socket_->Watch(events);
}

void TransportOverSocket::OnSocketReady(int events) {
  bool destroyed = false;
  bool* const outer = std::exchange(destroyed_, &destroyed);
  const bool yielded = std::exchange(yielding_, false);
  bool alive = true;
  if (events & UV_WRITABLE) alive = Flush();
  if (alive && ((events & UV_READABLE) || yielded)) alive = Read();
  if (destroyed) {
    if (outer) *outer = true;
    return;
  }
  destroyed_ = outer;
  Watch();
}

void TransportOverSocket::OnTurn() {
  bool destroyed = false;
  bool* const outer = std::exchange(destroyed_, &destroyed);
  bool alive = Flush();
  if (alive && broken_) alive = Closed("connection to " + endpoint_->name + " was reset");
  if (alive && observer_ && !paused_ && !early_.empty()) {
    const std::string early = std::exchange(early_, {});
    observer_->OnRead({reinterpret_cast<const uint8_t*>(early.data()), early.size()});
    alive = !destroyed;
  }
  if (alive && socket_->pending()) alive = Read();
  if (destroyed) {
    if (outer) *outer = true;
    return;
  }
  destroyed_ = outer;
  Watch();
}

bool TransportOverSocket::Flush() {
  if (broken_) return true;
  WriteQueue& queue = socket_->queue();
  if (!queue.empty() && socket_->Flush() == WriteQueue::Result::kBroken) {
    queue.Clear();
    return Closed("connection to " + endpoint_->name + " was reset");
  }
  if (!queue.empty()) return true;
  if (shutdown_ && !std::exchange(shutdown_done_, true)) socket_->ShutdownWrite();
  if (!std::exchange(undrained_, false) || !observer_) return true;
  const bool* const destroyed = destroyed_;
  observer_->OnDrained();
  return !*destroyed;
}

bool TransportOverSocket::Read() {
  const bool* const destroyed = destroyed_;
  for (int i = 0; i < kMaxReads && observer_ && !paused_ && !input_ended_ && !broken_; ++i) {
    const std::span<uint8_t> buffer = core_->read_buffer.Next();
    size_t count = 0;
    switch (socket_->Read(buffer, count)) {
      case OutboundSocket::Input::kNothing:
        return true;
      case OutboundSocket::Input::kData:
        observer_->OnRead(buffer.first(count));
        if (*destroyed) return false;
        break;
      case OutboundSocket::Input::kEnd:
        input_ended_ = true;
        return Closed({});
      case OutboundSocket::Input::kTruncated:
      case OutboundSocket::Input::kBroken:
        return Closed("connection to " + endpoint_->name + " was reset");
    }
    if (!socket_->pending()) return true;
  }
  yielding_ = socket_->pending();
  return true;
}

bool TransportOverSocket::Closed(std::string_view error) {
  if (!error.empty()) broken_ = true;
  const bool* const destroyed = destroyed_;
  if (TransportObserver* observer = std::exchange(observer_, nullptr)) observer->OnClosed(error);
  return !*destroyed;
}

}  // namespace verge::http
