// Limits and timeouts.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <string>

#include "tests/http/server_fixture.h"

namespace verge::http {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kShort{20};

TEST_F(ServerTest, TooLongTargetsAndHeadersAreRefused) {
  limits_.max_target_bytes = 100;
  limits_.max_header_bytes = 1000;
  limits_.max_header_fields = 10;
  Start();
  EXPECT_TRUE(Exchange1("GET /" + std::string(100, 'a')).starts_with("HTTP/1.1 414 "));
  EXPECT_TRUE(Exchange1("GET / HTTP/1.1\r\nHost: a\r\nA: " + std::string(1000, 'a')).starts_with("HTTP/1.1 431 "));
  EXPECT_TRUE(Exchange1("GET / HTTP/1.1\r\nHost: a\r\n" + std::string(1000, 'a')).starts_with("HTTP/1.1 431 "));
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 10; ++i) many += "A: b\r\n";
  EXPECT_TRUE(Exchange1(many).starts_with("HTTP/1.1 431 "));
  EXPECT_EQ(requests, 0);
}

TEST_F(ServerTest, ASlowHeadIsAnsweredWith408) {
  limits_.header_timeout = kShort;
  Start();
  for (const std::string_view start : {"G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: a\r\n", "\r\n"}) {
    const std::string answer = Exchange1(start);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 408 ")) << answer;
  }
}

TEST_F(ServerTest, TheHeadersTimeDoesNotStartAnewWithEachByte) {
  limits_.header_timeout = kShort;
  Start();
  TestClient& client = Connect();
  client.Send("GET / HTTP/1.1\r\nHost: a\r\nA: ");
  int turns = 0;
  RunUntil([&] {
    if (++turns < 1'000'000) client.Send("x");
    RunPending();
    return client.input.starts_with("HTTP/1.1 408 ") || client.closed();
  });
  EXPECT_TRUE(client.input.starts_with("HTTP/1.1 ")) << client.input;
}

TEST_F(ServerTest, AnIdleConnectionIsClosedSilently) {
  limits_.idle_timeout = kShort;
  Start();
  EXPECT_EQ(Exchange1(""), "");
  TestClient& client = Connect();
  EXPECT_EQ(Fetch(client, Get()).status, 200);
  RunUntil([&] { return client.closed(); });
  EXPECT_EQ(client.input, "");
  EXPECT_EQ(server_->counters().refused, 0u);
}

TEST_F(ServerTest, HandlingARequestTakesAsLongAsItTakes) {
  limits_.idle_timeout = limits_.header_timeout = limits_.body_timeout = limits_.write_timeout = milliseconds(5);
  Ref<Exchange> current;
  on_request = [&](Ref<Exchange> exchange) { current = std::move(exchange); };
  Start();
  TestClient& client = Connect();
  client.Send(Get());
  // Another connection's timeout is what tells that time has passed.
  TestClient& other = Connect();
  RunUntil([&] { return current && other.closed(); });
  TestClient& third = Connect();
  RunUntil([&] { return third.closed(); });
  EXPECT_FALSE(client.closed());
  current->Respond({}, std::string_view("late"));
  EXPECT_EQ(Fetch(client, "").body, "late");
}

TEST_F(ServerTest, ASlowBodyFailsWith408WhenItIsWaitedFor) {
  limits_.body_timeout = kShort;
  TestSink sink;
  TestObserver observer;
  on_request = [&](Ref<Exchange> exchange) {
    exchange->set_observer(&observer);
    sink.PullAll(exchange->body());
  };
  Start();
  const std::string answer = Exchange1("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 408 ")) << answer;
  EXPECT_EQ(sink.error, BodyError::kTimeout);
  EXPECT_EQ(observer.outcomes, std::vector{ExchangeOutcome::kDisconnected});
}

TEST_F(ServerTest, ABodyNobodyWantsIsNotWaitedForForever) {
  limits_.body_timeout = kShort;
  Start();
  std::string answer = Exchange1("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
  EXPECT_EQ(TakeResponse(answer)->status, 200);
  EXPECT_EQ(answer, "");
}

TEST_F(ServerTest, AClientThatDoesNotReadIsDropped) {
  limits_.write_timeout = kShort;
  TestObserver observer;
  const Bytes body = Bytes::Take(std::string(64 * 1024 * 1024, 'x'));
  on_request = [&](Ref<Exchange> exchange) {
    exchange->set_observer(&observer);
    exchange->Respond({}, body);
  };
  Start();
  TestClient& client = Connect(4096);
  client.set_reading(false);
  client.Send(Get());
  RunUntil([&] { return !observer.outcomes.empty(); });
  EXPECT_EQ(observer.outcomes, std::vector{ExchangeOutcome::kDisconnected});
  EXPECT_EQ(server_->counters().open_connections, 0u);
}

TEST_F(ServerTest, LingeringEndsWhenTheClientCloses) {
  Start();
  TestClient& client = Connect();
  client.Send("bad\r\n\r\n");
  RunUntil([&] { return client.ended; });
  EXPECT_EQ(server_->counters().open_connections, 1u);
  client.Close();
  RunUntil([&] { return server_->counters().open_connections == 0; });
}

TEST_F(ServerTest, LingeringIsBounded) {
  Start();
  TestClient& client = Connect();
  client.Send("bad\r\n\r\n");
  RunUntil([&] {
    if (client.unsent() < 100'000 && !client.failed) client.Send(std::string(100'000, 'x'));
    return server_->counters().open_connections == 0;
  });
  EXPECT_LT(server_->counters().bytes_read, 4u * 1024 * 1024);
}

TEST_F(ServerTest, RunningOutOfDescriptorsOnlyPausesAccepting) {
  Start();
  TestClient& client = Connect();
  client.Send(Get());
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const int next = dup(0);
  ASSERT_GE(next, 0);
  close(next);
  const rlimit none{.rlim_cur = static_cast<rlim_t>(next), .rlim_max = limit.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  RunUntil([&] { return server_->counters().accept_failures > 0; });
  RunPending();
  EXPECT_EQ(server_->counters().accept_failures, 1u) << "a busy loop";
  setrlimit(RLIMIT_NOFILE, &limit);
  EXPECT_EQ(Fetch(client, "").body, "/");
}

}  // namespace
}  // namespace verge::http
