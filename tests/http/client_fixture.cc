#include "tests/http/client_fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/socket_address.h"

namespace verge::http {

TestOrigin::TestOrigin(uv_loop_t* loop, std::string_view address) : loop_(loop), poll_(new uv_poll_t) {
  SocketAddress bound = *ParseAddress(address);
  fd_ = socket(bound.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  EXPECT_EQ(bind(fd_, &bound.any, bound.size()), 0);
  EXPECT_EQ(listen(fd_, 128), 0);
  socklen_t size = sizeof bound;
  getsockname(fd_, &bound.any, &size);
  port_ = ntohs(bound.is_v6() ? bound.v6.sin6_port : bound.v4.sin_port);
  uv_poll_init(loop_, poll_, fd_);
  poll_->data = this;
  uv_poll_start(poll_, UV_READABLE,
                [](uv_poll_t* poll, int, int) { static_cast<TestOrigin*>(poll->data)->OnConnection(); });
}

TestOrigin::~TestOrigin() { Close(); }

void TestOrigin::Close() {
  if (fd_ < 0) return;
  uv_close(reinterpret_cast<uv_handle_t*>(poll_),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_poll_t*>(handle); });
  close(std::exchange(fd_, -1));
}

void TestOrigin::OnConnection() {
  const int fd = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) return;
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  peers.push_back(std::make_unique<TestClient>(loop_, TestSocket{fd}));
}

void ClientTest::TearDown() {
  client_.reset();
  origin_.reset();
  CloseLoop();
}

TestClient& ClientTest::Peer(size_t n) {
  RunUntil([&] { return origin_->peers.size() > n; });
  return *origin_->peers.at(n);
}

std::string ClientTest::TakeHead(TestClient& peer) {
  RunUntil([&] { return peer.input.contains("\r\n\r\n") || peer.closed(); });
  const size_t end = peer.input.find("\r\n\r\n");
  if (end == std::string::npos) return {};
  std::string head = peer.input.substr(0, end + 4);
  peer.input.erase(0, end + 4);
  return head;
}

std::unique_ptr<TestRequest> ClientTest::Exchange(std::string_view answer, std::string_view method) {
  const size_t n = origin_->peers.size();
  auto request = Send(To("/", method));
  TestClient& peer = Peer(n);
  TakeHead(peer);
  peer.Send(answer);
  Await(*request);
  return request;
}

std::unique_ptr<TestRequest> ClientTest::ExchangeAndClose(std::string_view answer, std::string_view method) {
  const size_t n = origin_->peers.size();
  auto request = Send(To("/", method));
  TestClient& peer = Peer(n);
  TakeHead(peer);
  peer.Send(answer);
  peer.ShutdownWrite();
  Await(*request);
  return request;
}

std::string Outcome(const TestRequest& request) {
  if (request.error) return "error: " + request.error->message;
  if (!request.response) return "nothing";
  std::string text = std::to_string(request.response->status()) + " " + request.body.data;
  if (request.body.error) text += " broken";
  return text;
}

}  // namespace verge::http
