// What becomes of a connection after an upgrade: bytes in both directions, for the owner of its Transport.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <utility>

#include "http/connection.h"
#include "http/server_core.h"
#include "http/server_transport.h"

namespace verge::http {

namespace {

// Upgraded connections may be silent for as long as they like; a client that vanished without a word is found out by
// the kernel (seconds).
constexpr int kKeepAliveIdle = 60;
constexpr int kKeepAliveInterval = 15;
constexpr int kKeepAliveProbes = 4;

void KeepAlive(int fd) {
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &kKeepAliveIdle, sizeof kKeepAliveIdle);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &kKeepAliveInterval, sizeof kKeepAliveInterval);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &kKeepAliveProbes, sizeof kKeepAliveProbes);
}

}  // namespace

std::unique_ptr<Transport> Connection::RespondUpgrade(ServerExchange* exchange, std::string_view protocol,
                                                      std::span<const HeaderField> headers) {
  const RequestHead& head = *exchange->head_;
  if (exchange != exchange_.get() || reading_ != Reading::kWait || close_ || core_->draining() || head.version() < 11 ||
      !head.header("upgrade") || !AppendUpgradeHead(queue_.buffer(), protocol, headers, core_->date.Now())) {
    return nullptr;
  }
  exchange->responded_ = true;
  ResponseProduced();
  reading_ = Reading::kRaw;
  KeepAlive(fd_);
  auto transport = std::make_unique<ServerTransport>(this);
  transport_ = transport.get();
  if (!pumping_) {
    if (!Send()) broken_ = true;
    Schedule();
  }
  return transport;
}

void Connection::StartRaw() {
  raw_started_ = true;
  Schedule();
}

size_t Connection::WriteRaw(std::span<const uint8_t> data) {
  if (raw_shutdown_ || broken_) return 0;
  queue_.Append(std::string_view(reinterpret_cast<const char*>(data.data()), data.size()));
  if (!Send()) {
    broken_ = true;
    queue_.Clear();
  }
  raw_blocked_ = !queue_.empty();
  // To wait until the socket takes more, to find that it is broken, to start the write timeout anew.
  Schedule();
  return queue_.size();
}

void Connection::SetRawPaused(bool paused) {
  if (std::exchange(raw_paused_, paused) != paused) Schedule();
}

void Connection::ShutdownRaw() {
  raw_shutdown_ = true;
  Schedule();
}

void Connection::DropRaw() {
  transport_ = nullptr;
  Abort();
}

bool Connection::CanDeliverRaw() const {
  return reading_ == Reading::kRaw && transport_ && raw_started_ && !raw_paused_ && !lingering_ && buffered() != 0;
}

void Connection::DeliverRaw() {
  if (!CanDeliverRaw()) return;
  const std::string input = std::exchange(input_, {});
  const std::string_view data = std::string_view(input).substr(std::exchange(input_begin_, 0));
  transport_->observer_->OnRead({reinterpret_cast<const uint8_t*>(data.data()), data.size()});
}

// What was just received.
void Connection::ReceiveRaw(std::string_view data) {
  if (!transport_) return;
  if (raw_started_ && !raw_paused_) {
    transport_->observer_->OnRead({reinterpret_cast<const uint8_t*>(data.data()), data.size()});
  } else {
    input_.append(data);
  }
}

void Connection::DrainedRaw() {
  if (!raw_blocked_ || !queue_.empty() || !transport_) return;
  raw_blocked_ = false;
  if (transport_->observer_) transport_->observer_->OnDrained();
}

void Connection::OnDraining() {
  if (transport_ && transport_->observer_) transport_->observer_->OnDraining();
}

}  // namespace verge::http
