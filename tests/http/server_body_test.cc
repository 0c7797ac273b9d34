// Request bodies: framing, back-pressure, 100-continue, and bodies nobody wants.
#include <gtest/gtest.h>

#include <string>

#include "tests/http/server_fixture.h"

namespace verge::http {
namespace {

std::string Post(std::string_view body, std::string_view fields = "") {
  return "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string(fields) +
         "\r\n" + std::string(body);
}

constexpr std::string_view kChunkedHead = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

class ServerBodyTest : public ServerTest {
 protected:
  // The handler keeps the exchange; the test goes on by hand.
  void KeepExchange() {
    on_request = [this](Ref<Exchange> exchange) {
      exchange->set_observer(&observer);
      current = std::move(exchange);
    };
  }
  bool AwaitExchange() {
    return RunUntil([&] { return static_cast<bool>(current); });
  }
  TestObserver observer;
  Ref<Exchange> current;
};

TEST_F(ServerBodyTest, WithLength) {
  KeepExchange();
  Start();
  TestClient& client = Connect();
  client.Send(Post("hello"));
  ASSERT_TRUE(AwaitExchange());
  EXPECT_TRUE(current->head()->has_body());
  EXPECT_EQ(current->body()->length(), 5u);
  TestSink sink;
  sink.PullAll(current->body());
  RunUntil([&] { return sink.ended; });
  EXPECT_EQ(sink.data, "hello");
  EXPECT_EQ(sink.error, std::nullopt);
  current->Respond({}, std::string_view("ok"));
  EXPECT_TRUE(observer.outcomes.empty()) << "not from within Respond";
  RunUntil([&] { return TakeResponse(client.input).has_value(); });
  EXPECT_EQ(observer.outcomes, std::vector{ExchangeOutcome::kSent});
}

TEST_F(ServerBodyTest, Chunked) {
  KeepExchange();
  Start();
  TestClient& client = Connect();
  client.Send(std::string(kChunkedHead) + "5\r\nhello\r\n");
  ASSERT_TRUE(AwaitExchange());
  EXPECT_EQ(current->body()->length(), std::nullopt);
  TestSink sink;
  sink.PullAll(current->body());
  RunUntil([&] { return sink.data == "hello"; });
  EXPECT_FALSE(sink.ended);
  client.Send("6;x\r\n world\r\n0\r\nTrailer: x\r\n\r\n" + Get("/next"));
  RunUntil([&] { return sink.ended; });
  EXPECT_EQ(sink.data, "hello world");
  EXPECT_EQ(sink.error, std::nullopt);
  std::exchange(current, nullptr)->Respond({}, {});
  ASSERT_TRUE(AwaitExchange());
  EXPECT_EQ(current->head()->target(), "/next");
}

TEST_F(ServerBodyTest, ReadingStopsWhileNobodyPulls) {
  KeepExchange();
  limits_.max_body_bytes = 1ull << 30;
  Start();
  TestClient& client = Connect();
  const std::string body(32 * 1024 * 1024, 'x');
  client.Send(Post(body));
  ASSERT_TRUE(AwaitExchange());
  TestSink sink;
  sink.PullOne(current->body());
  RunUntil([&] { return sink.chunks == 1; });
  uint64_t before = 0;
  while (before != server_->counters().bytes_read) {
    before = server_->counters().bytes_read;
    RunPending();
  }
  EXPECT_LT(server_->counters().bytes_read, 400u * 1024) << "the server read ahead without bound";
  EXPECT_GT(client.unsent(), 0u);
  // One chunk at a time: it never gets far ahead of what was pulled.
  while (!sink.ended) {
    sink.PullOne(Ref<BodySource>(sink.source));
    const int chunks = sink.chunks;
    RunUntil([&] { return sink.chunks > chunks - 1 && (sink.ended || sink.chunks == sink.pulls); });
    EXPECT_LT(server_->counters().bytes_read - sink.data.size(), 400u * 1024);
  }
  EXPECT_EQ(sink.data.size(), body.size());
  EXPECT_EQ(sink.error, std::nullopt);
}

TEST_F(ServerBodyTest, EchoStreamsBothWays) {
  on_request = [&](Ref<Exchange> exchange) { exchange->Respond({}, exchange->body()); };
  Start();
  TestClient& client = Connect();
  std::string body;
  for (int i = 0; i < 300'000; ++i) body += std::to_string(i);
  client.Send(Post(body) + Get("/2"));
  std::optional<ParsedResponse> response;
  RunUntil([&] { return (response = TakeResponse(client.input)).has_value() || client.closed(); });
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->header("Content-Length"), std::to_string(body.size()));
  EXPECT_TRUE(response->body == body);
}

TEST_F(ServerBodyTest, ContinueIsSentOnTheFirstPullOnly) {
  KeepExchange();
  Start();
  TestClient& client = Connect();
  client.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  ASSERT_TRUE(AwaitExchange());
  const Ref<BodySource> body = current->body();
  RunPending();
  EXPECT_EQ(client.received, 0u);
  TestSink sink;
  sink.PullAll(body);
  RunUntil([&] { return client.input == "HTTP/1.1 100 Continue\r\n\r\n"; });
  client.input.clear();
  client.Send("he");
  RunUntil([&] { return sink.data == "he"; });
  client.Send("llo");
  RunUntil([&] { return sink.ended; });
  std::exchange(current, nullptr)->Respond({}, std::string_view("ok"));
  const ParsedResponse response = Fetch(client, "");
  EXPECT_EQ(response.body, "ok");
  EXPECT_EQ(response.header("Connection"), std::nullopt);
}

TEST_F(ServerBodyTest, NoContinueWhenTheBodyIsThereAlready) {
  KeepExchange();
  Start();
  TestClient& client = Connect();
  client.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello");
  ASSERT_TRUE(AwaitExchange());
  RunPending();
  TestSink sink;
  sink.PullAll(current->body());
  EXPECT_TRUE(sink.ended);
  current->Respond({.status = 201, .status_text = {}, .headers = {}}, {});
  EXPECT_EQ(Fetch(client, "").status, 201);
}

TEST_F(ServerBodyTest, AnAnswerInsteadOfContinueEndsTheConnection) {
  on_request = [&](Ref<Exchange> exchange) {
    exchange->Respond({.status = 403, .status_text = {}, .headers = {}}, std::string_view("no"));
  };
  Start();
  std::string answer = Exchange1("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  const auto response = TakeResponse(answer);
  EXPECT_EQ(response->status, 403);
  EXPECT_EQ(response->header("Connection"), "close");
}

TEST_F(ServerBodyTest, AShortBodyNobodyPullsIsDiscarded) {
  Start();
  TestClient& client = Connect();
  EXPECT_EQ(Fetch(client, Post("GET /smuggled HTTP/1.1\r\n\r\n")).body, "/");
  EXPECT_EQ(Fetch(client, std::string(kChunkedHead) + "3\r\nabc\r\n0\r\n\r\n").body, "/");
  // The answer comes before the body does.
  client.Send(std::string(kChunkedHead));
  EXPECT_EQ(Fetch(client, "").body, "/");
  client.Send("3\r\nabc\r\n0\r\n\r\n");
  EXPECT_EQ(Fetch(client, Get("/next")).body, "/next");
}

TEST_F(ServerBodyTest, ALongBodyNobodyPullsEndsTheConnection) {
  limits_.max_body_bytes = 1ull << 30;
  Start();
  TestClient& client = Connect();
  client.Send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n");
  const ParsedResponse response = Fetch(client, "");
  EXPECT_EQ(response.body, "/a");
  EXPECT_EQ(response.header("Connection"), "close");
  RunUntil([&] { return client.closed(); });
  EXPECT_TRUE(client.ended);

  TestClient& chunked = Connect();
  chunked.Send(kChunkedHead);
  EXPECT_EQ(Fetch(chunked, "").body, "/");
  for (int i = 0; i < 100 && !chunked.closed(); ++i) {
    chunked.Send("10000\r\n" + std::string(0x10000, 'x') + "\r\n");
    RunPending();
  }
  EXPECT_TRUE(chunked.closed());
}

TEST_F(ServerBodyTest, AConsumerMayGiveUp) {
  KeepExchange();
  Start();
  TestClient& client = Connect();
  client.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
  ASSERT_TRUE(AwaitExchange());
  const Ref<BodySource> body = current->body();
  TestSink sink;
  sink.PullOne(body);
  RunUntil([&] { return sink.data == "hello"; });
  sink.Pull();
  body->Cancel();
  body->Cancel();
  client.Send("world" + Get("/next"));
  RunPending();
  EXPECT_EQ(sink.data, "hello") << "a dropped Pull is not answered";
  sink.Pull();
  EXPECT_EQ(sink.error, BodyError::kCancelled);
  std::exchange(current, nullptr)->Respond({}, std::string_view("ok"));
  EXPECT_EQ(Fetch(client, "").body, "ok");
  ASSERT_TRUE(AwaitExchange());
  EXPECT_EQ(current->head()->target(), "/next");
}

TEST_F(ServerBodyTest, TheBodyCanBeReadAfterTheAnswer) {
  KeepExchange();
  Start();
  TestClient& client = Connect();
  client.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n");
  ASSERT_TRUE(AwaitExchange());
  TestSink sink;
  sink.PullAll(current->body());
  std::exchange(current, nullptr)->Respond({}, std::string_view("early"));
  EXPECT_EQ(Fetch(client, "").body, "early");
  client.Send("0123456789" + Get("/next"));
  RunUntil([&] { return sink.ended; });
  EXPECT_EQ(sink.data, "0123456789");
  ASSERT_TRUE(AwaitExchange());
  EXPECT_EQ(current->head()->target(), "/next");
}

TEST_F(ServerBodyTest, TooLargeByLengthIsRefusedAtOnce) {
  limits_.max_body_bytes = 10;
  Start();
  EXPECT_TRUE(Exchange1("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n").starts_with("HTTP/1.1 413 "));
  EXPECT_EQ(requests, 0);
  TestClient& client = Connect();
  EXPECT_EQ(Fetch(client, Post("0123456789")).status, 200);
}

TEST_F(ServerBodyTest, TooLargeInChunksFailsTheBody) {
  limits_.max_body_bytes = 10;
  KeepExchange();
  Start();
  TestClient& client = Connect();
  client.Send(std::string(kChunkedHead) + "5\r\nhello\r\n6\r\n");
  TestSink sink;
  ASSERT_TRUE(AwaitExchange());
  ASSERT_TRUE(current->body()) << "also when it has failed before anybody asked for it";
  sink.PullAll(current->body());
  RunUntil([&] { return client.closed(); });
  EXPECT_EQ(sink.data, "hello");
  EXPECT_EQ(sink.error, BodyError::kTooLarge);
  EXPECT_TRUE(client.input.starts_with("HTTP/1.1 413 ")) << client.input;
  EXPECT_EQ(observer.outcomes, std::vector{ExchangeOutcome::kDisconnected});
  current->Respond({}, std::string_view("too late"));
}

TEST_F(ServerBodyTest, TheHandlersOwnAnswerToABrokenBodyWins) {
  limits_.max_body_bytes = 10;
  TestSink sink;
  on_request = [&](Ref<Exchange> exchange) {
    sink.on_done = [exchange] {
      exchange->Respond({.status = 400, .status_text = "Mine", .headers = {}}, std::string_view("mine"));
    };
    sink.PullAll(exchange->body());
  };
  Start();
  std::string answer = Exchange1(std::string(kChunkedHead) + "ff\r\n");
  const auto response = TakeResponse(answer);
  EXPECT_EQ(response->body, "mine");
  EXPECT_EQ(response->header("Connection"), "close");
  sink.on_done = nullptr;
}

TEST_F(ServerBodyTest, BrokenFramingFailsTheBody) {
  KeepExchange();
  Start();
  for (const std::string_view bad : {"x\r\n", "5\r\nhelloX", "5\n", "0\r\n a: b\r\n\r\n", "5;\x01\r\n"}) {
    TestClient& client = Connect();
    TestSink sink;
    client.Send(kChunkedHead);
    ASSERT_TRUE(AwaitExchange());
    sink.PullAll(current->body());
    client.Send(bad);
    client.Send(Get("/smuggled"));
    RunUntil([&] { return client.closed(); });
    EXPECT_EQ(sink.error, BodyError::kMalformed) << bad;
    EXPECT_TRUE(client.input.starts_with("HTTP/1.1 400 ")) << client.input;
    EXPECT_EQ(client.input.find("HTTP/1.1", 1), std::string::npos);
    current.reset();
  }
}

TEST_F(ServerBodyTest, BrokenFramingAfterTheAnswerOnlyEndsTheConnection) {
  Start();
  TestClient& client = Connect();
  client.Send(kChunkedHead);
  EXPECT_EQ(Fetch(client, "").body, "/");
  client.Send("x\r\n" + Get("/smuggled"));
  RunUntil([&] { return client.closed(); });
  EXPECT_EQ(client.input, "");
  EXPECT_EQ(requests, 1);
}

TEST_F(ServerBodyTest, ADisconnectFailsTheBody) {
  KeepExchange();
  Start();
  for (const bool reset : {false, true}) {
    TestClient& client = Connect();
    client.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
    ASSERT_TRUE(AwaitExchange());
    TestSink sink;
    sink.PullAll(current->body());
    RunUntil([&] { return sink.data == "hello"; });
    reset ? client.Reset() : client.Close();
    RunUntil([&] { return sink.ended; });
    EXPECT_EQ(sink.error, BodyError::kDisconnected);
    current.reset();
  }
  EXPECT_EQ(observer.outcomes, (std::vector{ExchangeOutcome::kDisconnected, ExchangeOutcome::kDisconnected}));
}

TEST_F(ServerBodyTest, WhatWasReceivedIsDeliveredBeforeTheError) {
  KeepExchange();
  Start();
  TestClient& client = Connect();
  client.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
  ASSERT_TRUE(AwaitExchange());
  const Ref<BodySource> body = current->body();
  RunUntil([&] { return server_->counters().bytes_read > 50; });
  client.Close();
  RunUntil([&] { return !observer.outcomes.empty(); });
  server_.reset();
  TestSink sink;
  sink.PullAll(body);
  EXPECT_EQ(sink.data, "hello");
  EXPECT_EQ(sink.error, BodyError::kDisconnected);
}

}  // namespace
}  // namespace verge::http
