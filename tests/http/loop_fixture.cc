#include "tests/http/loop_fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace verge::http {

// Outlives the client until libuv is done with it.
struct TestClient::Handle {
  uv_poll_t poll;
  TestClient* client;
};

TestClient::TestClient(uv_loop_t* loop, int port, int receive_buffer)
    : handle_(new Handle{.poll = {}, .client = this}) {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer != 0) setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  Init(loop);
}

TestClient::TestClient(uv_loop_t* loop, TestSocket socket)
    : handle_(new Handle{.poll = {}, .client = this}), fd_(socket.fd) {
  Init(loop);
}

void TestClient::Init(uv_loop_t* loop) {
  fcntl(fd_, F_SETFL, O_NONBLOCK);
  uv_poll_init(loop, &handle_->poll, fd_);
  handle_->poll.data = handle_;
  Watch();
}

TestClient::~TestClient() { Close(); }

void TestClient::Close() {
  if (fd_ < 0) return;
  uv_close(reinterpret_cast<uv_handle_t*>(&std::exchange(handle_, nullptr)->poll),
           [](uv_handle_t* handle) { delete static_cast<Handle*>(handle->data); });
  close(std::exchange(fd_, -1));
}

void TestClient::Reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  Close();
}

void TestClient::ShutdownWrite() { shutdown(fd_, SHUT_WR); }

void TestClient::set_reading(bool reading) {
  reading_ = reading;
  Watch();
}

void TestClient::Watch() {
  if (fd_ < 0) return;
  const int events = (reading_ && !closed() ? UV_READABLE : 0) | (output_.empty() || failed ? 0 : UV_WRITABLE);
  if (events == 0) {
    uv_poll_stop(&handle_->poll);
    return;
  }
  uv_poll_start(&handle_->poll, events, [](uv_poll_t* poll, int status, int ready) {
    TestClient* client = static_cast<Handle*>(poll->data)->client;
    client->OnReady(status < 0 ? UV_READABLE : ready);
  });
}

void TestClient::OnReady(int events) {
  if (events & UV_READABLE) {
    std::array<char, 65536> buffer;
    const ssize_t count = recv(fd_, buffer.data(), buffer.size(), 0);
    if (count > 0) {
      received += static_cast<uint64_t>(count);
      if (!discard_input) input.append(buffer.data(), static_cast<size_t>(count));
    } else if (count == 0) {
      ended = true;
    } else if (errno != EAGAIN) {
      failed = true;
    }
  }
  if (events & UV_WRITABLE) Flush();
  Watch();
}

void TestClient::Flush() {
  while (!output_.empty()) {
    const ssize_t count = send(fd_, output_.data(), output_.size(), MSG_NOSIGNAL);
    if (count < 0) {
      if (errno != EAGAIN) {
        failed = true;
        output_.clear();
      }
      return;
    }
    output_.erase(0, static_cast<size_t>(count));
  }
}

void TestClient::Send(std::string_view data) {
  if (fd_ < 0) return;
  output_.append(data);
  Flush();
  Watch();
}

bool LoopTest::RunUntil(const std::function<bool()>& condition) {
  // The loop may do what is waited for just before it sleeps, so it is woken now and then; and a failing test ends.
  constexpr uint64_t kStep = 5;  // ms
  uint64_t steps_left = 60'000 / kStep;
  uv_timer_t watchdog;
  uv_timer_init(&loop_, &watchdog);
  watchdog.data = &steps_left;
  uv_timer_start(&watchdog, [](uv_timer_t* timer) { --*static_cast<uint64_t*>(timer->data); }, kStep, kStep);
  while (!condition() && steps_left != 0) uv_run(&loop_, UV_RUN_ONCE);
  const bool late = steps_left == 0;
  bool closed = false;
  watchdog.data = &closed;
  uv_close(reinterpret_cast<uv_handle_t*>(&watchdog),
           [](uv_handle_t* handle) { *static_cast<bool*>(handle->data) = true; });
  while (!closed) uv_run(&loop_, UV_RUN_NOWAIT);
  EXPECT_FALSE(late) << "what the test waits for does not happen";
  return !late;
}

void LoopTest::CloseLoop() {
  uv_run(&loop_, UV_RUN_DEFAULT);
  // Every handle was closed.
  EXPECT_EQ(uv_loop_close(&loop_), 0);
}

void LoopTest::RunPending() {
  for (int i = 0; i < 8; ++i) uv_run(&loop_, UV_RUN_NOWAIT);
}

}  // namespace verge::http
