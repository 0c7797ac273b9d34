#include "http/server_core.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "http/address.h"
#include "http/connection.h"

namespace verge::http {

namespace {

constexpr int kMaxAcceptsPerTurn = 64;
constexpr uint64_t kAcceptPause = 100;  // ms, when descriptors ran out
constexpr uint64_t kLingerTime = 2000;  // ms
constexpr size_t kMaxIdleConnections = 256;

uint64_t Milliseconds(std::chrono::milliseconds duration) {
  return duration.count() > 0 ? static_cast<uint64_t>(duration.count()) : 0;
}

// Deadlines are met this coarsely: a quarter of the shortest, at most half a second.
uint64_t TickFor(const ServerLimits& limits) {
  uint64_t shortest = kLingerTime;
  for (const auto timeout : {limits.header_timeout, limits.idle_timeout, limits.body_timeout, limits.write_timeout}) {
    if (timeout.count() > 0) shortest = std::min(shortest, Milliseconds(timeout));
  }
  return std::clamp<uint64_t>(shortest / 4, 5, 500);
}

}  // namespace

ServerCore::ServerCore(uv_loop_t* loop, RequestHandler* request_handler, const ServerLimits& server_limits,
                       std::shared_ptr<const TlsIdentity> identity, std::shared_ptr<Forwarding> forwarded)
    : handler(request_handler),
      limits(server_limits),
      tls(std::move(identity)),
      forwarding(std::move(forwarded)),
      heads(MakeRef<Pool<PooledRequestHead>>()),
      exchanges(MakeRef<Pool<ServerExchange>>()),
      header_deadlines(Milliseconds(server_limits.header_timeout)),
      idle_deadlines(Milliseconds(server_limits.idle_timeout)),
      body_deadlines(Milliseconds(server_limits.body_timeout)),
      write_deadlines(Milliseconds(server_limits.write_timeout)),
      linger_deadlines(kLingerTime),
      loop_(loop),
      turns_(loop) {
  uv_timer_init(loop_, &timer_);
  timer_.data = this;
  open_handles_ = 1;
}

ServerCore::~ServerCore() = default;

template <typename Handle>
void ServerCore::CloseHandle(Handle* handle) {
  uv_close(reinterpret_cast<uv_handle_t*>(handle),
           [](uv_handle_t* closed) { static_cast<ServerCore*>(closed->data)->OnHandleClosed(); });
}

void ServerCore::OnHandleClosed() {
  --open_handles_;
  if (shut_down_ && open_handles_ == 0) {
    delete this;
    return;
  }
  CheckDrained();
}

// ---- Accepting

bool ServerCore::Accept(int listening_fd) {
  if (draining_ || uv_poll_init(loop_, &listener_, listening_fd) != 0) return false;
  listening_fd_ = listening_fd;
  listener_.data = this;
  ++open_handles_;
  uv_poll_start(&listener_, UV_READABLE,
                [](uv_poll_t* handle, int, int) { static_cast<ServerCore*>(handle->data)->OnAcceptable(); });
  return true;
}

void ServerCore::OnAcceptable() {
  for (int i = 0; i < kMaxAcceptsPerTurn && listening_fd_ >= 0; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const int fd = accept4(listening_fd_, reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        // The connection stays in the backlog, and the socket ready: without a pause the loop would spin.
        ++counters.accept_failures;
        accept_again_at_ = now() + kAcceptPause;
        uv_poll_stop(&listener_);
        StartTimer();
      }
      return;
    }
    std::unique_ptr<Connection> connection;
    if (idle_.empty()) {
      connection = std::make_unique<Connection>(this);
    } else {
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
    ++counters.connections;
    ++counters.open_connections;
    ++open_handles_;
    connection->previous_ = nullptr;
    connection->next_ = connections_;
    if (connections_) connections_->previous_ = connection.get();
    connections_ = connection.get();
    if (!connection->Open(fd, AddressText(address))) {
      --open_handles_;
      OnConnectionClosing(connection.get());
      continue;
    }
    // libuv's until its handle is closed.
    connection.release();
    StartTimer();
  }
}

void ServerCore::OnConnectionClosing(Connection* connection) {
  --counters.open_connections;
  if (connection->previous_) {
    connection->previous_->next_ = connection->next_;
  } else {
    connections_ = connection->next_;
  }
  if (connection->next_) connection->next_->previous_ = connection->previous_;
  connection->previous_ = connection->next_ = nullptr;
}

void ServerCore::OnConnectionClosed(Connection* connection) {
  std::unique_ptr<Connection> owned(connection);
  if (!shut_down_ && idle_.size() < kMaxIdleConnections) idle_.push_back(std::move(owned));
  StopTimerIfIdle();
  OnHandleClosed();
}

void ServerCore::CloseListener() {
  if (listening_fd_ < 0) return;
  CloseHandle(&listener_);
  close(std::exchange(listening_fd_, -1));
  accept_again_at_ = 0;
}

// ---- Time

void ServerCore::StartTimer() {
  if (timer_running_ || shut_down_) return;
  timer_running_ = true;
  uint64_t tick = TickFor(limits);
  if (draining_) tick = std::clamp<uint64_t>(drain_deadline_ > now() ? (drain_deadline_ - now()) / 4 : 0, 1, tick);
  uv_timer_start(&timer_, [](uv_timer_t* handle) { static_cast<ServerCore*>(handle->data)->OnTick(); }, tick, tick);
}

void ServerCore::StopTimerIfIdle() {
  if (!timer_running_ || connections_ || accept_again_at_ != 0 || drained_) return;
  timer_running_ = false;
  uv_timer_stop(&timer_);
}

void ServerCore::OnTick() {
  for (DeadlineList* list : {&header_deadlines, &idle_deadlines, &body_deadlines, &linger_deadlines}) {
    while (DeadlineList::Node* node = list->PopExpired(now())) node->owner->OnReadDeadline();
  }
  while (DeadlineList::Node* node = write_deadlines.PopExpired(now())) node->owner->OnWriteDeadline();

  if (accept_again_at_ != 0 && now() >= accept_again_at_ && listening_fd_ >= 0) {
    accept_again_at_ = 0;
    uv_poll_start(&listener_, UV_READABLE,
                  [](uv_poll_t* handle, int, int) { static_cast<ServerCore*>(handle->data)->OnAcceptable(); });
  }
  if (draining_ && now() >= drain_deadline_) {
    while (connections_) connections_->Close();
  }
  CheckDrained();
  StopTimerIfIdle();
}

// ---- The end

void ServerCore::Drain(std::chrono::milliseconds deadline, std::function<void()> done) {
  if (draining_ || shut_down_) return;
  draining_ = true;
  drain_deadline_ = now() + Milliseconds(deadline);
  drained_ = std::move(done);
  CloseListener();
  for (Connection* connection = connections_; connection;) {
    Connection* next = connection->next_;
    if (connection->idle()) {
      connection->Close();
    } else {
      connection->OnDraining();
    }
    connection = next;
  }
  // With a tick that fits the deadline; it also finds out if there is nothing to wait for.
  timer_running_ = false;
  StartTimer();
}

void ServerCore::CheckDrained() {
  if (!draining_ || !drained_ || connections_ || open_handles_ > 1) return;
  const std::function<void()> done = std::exchange(drained_, nullptr);
  StopTimerIfIdle();
  done();
}

void ServerCore::Shutdown() {
  shut_down_ = true;
  drained_ = nullptr;
  CloseListener();
  while (connections_) connections_->Close();
  CloseHandle(&timer_);
  turns_.Close();
}

}  // namespace verge::http
