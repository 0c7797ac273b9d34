// Requests in, responses out: what every request goes through.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/http/refused_requests.h"
#include "tests/http/server_fixture.h"

namespace verge::http {
namespace {

TEST_F(ServerTest, AnswersAndKeepsTheConnection) {
  Start();
  TestClient& client = Connect();
  for (int i = 0; i < 3; ++i) {
    const ParsedResponse response = Fetch(client, Get("/" + std::to_string(i)));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "/" + std::to_string(i));
    EXPECT_EQ(response.header("Connection"), std::nullopt);
    EXPECT_EQ(response.header("Content-Length"), "2");
    EXPECT_EQ(response.header("Date")->size(), 29u);
    EXPECT_TRUE(response.head.starts_with("HTTP/1.1 200 OK\r\n"));
  }
  EXPECT_EQ(server_->counters().connections, 1u);
  EXPECT_EQ(server_->counters().requests, 3u);
  EXPECT_EQ(server_->counters().bytes_written, client.received);
}

TEST_F(ServerTest, TheHandlerSeesTheRequest) {
  Ref<Exchange> seen;
  on_request = [&](Ref<Exchange> exchange) {
    seen = exchange;
    exchange->Respond({.status = 204, .status_text = {}, .headers = {}}, {});
  };
  Start();
  const ParsedResponse response =
      Fetch(Connect(), "PATCH http://other:81/a?b HTTP/1.1\r\nHost: example.com\r\nX-A: 1\r\nx-a: 2\r\n\r\n");
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.header("Content-Length"), std::nullopt);
  const RequestHead& head = *seen->head();
  EXPECT_EQ(head.method(), "PATCH");
  EXPECT_EQ(head.target(), "/a?b");
  EXPECT_EQ(head.authority(), "other:81");
  EXPECT_EQ(head.client_address(), "127.0.0.1");
  EXPECT_EQ(head.headers().size(), 3u);
  EXPECT_EQ(head.header("X-a"), "1");
  EXPECT_FALSE(seen->body());
  EXPECT_TRUE(seen->responded());
}

TEST_F(ServerTest, TenThousandPipelinedRequestsAreAnsweredInOrder) {
  Start();
  TestClient& client = Connect();
  constexpr int kCount = 10'000;
  std::string all;
  for (int i = 0; i < kCount; ++i) all += Get("/" + std::to_string(i));
  client.Send(all);
  int next = 0;
  RunUntil([&] {
    while (const auto response = TakeResponse(client.input)) EXPECT_EQ(response->body, "/" + std::to_string(next++));
    return next == kCount;
  });
  EXPECT_EQ(server_->counters().requests, static_cast<uint64_t>(kCount));
}

TEST_F(ServerTest, PipelinedRequestsWaitForTheAnswerBeforeThem) {
  Ref<Exchange> current;
  on_request = [&](Ref<Exchange> exchange) {
    EXPECT_FALSE(current) << "one exchange at a time";
    current = std::move(exchange);
  };
  Start();
  TestClient& client = Connect();
  constexpr int kCount = 2'000;
  std::string all;
  for (int i = 0; i < kCount; ++i) all += Get("/" + std::to_string(i));
  client.Send(all);
  int next = 0;
  for (int i = 0; i < kCount; ++i) {
    ASSERT_TRUE(RunUntil([&] { return static_cast<bool>(current); }));
    const Ref<Exchange> exchange = std::exchange(current, nullptr);
    exchange->Respond({}, Bytes::Copy(exchange->head()->target()));
    EXPECT_FALSE(current) << "the next request must not be handled from within Respond";
  }
  RunUntil([&] {
    while (const auto response = TakeResponse(client.input)) EXPECT_EQ(response->body, "/" + std::to_string(next++));
    return next == kCount;
  });
}

TEST_F(ServerTest, PipelinedRequestsAreNotParsedWhileNobodyReadsTheAnswers) {
  const std::string body(32 * 1024, 'x');
  on_request = [&](Ref<Exchange> exchange) { exchange->Respond({}, std::string_view(body)); };
  Start();
  TestClient& client = Connect(4096);
  client.set_reading(false);
  client.discard_input = true;
  constexpr int kCount = 1'000;
  std::string all;
  for (int i = 0; i < kCount; ++i) all += Get();
  client.Send(all);
  uint64_t before = UINT64_MAX;
  while (before != server_->counters().requests) {
    before = server_->counters().requests;
    RunPending();
  }
  // The kernel's buffers take a few megabytes; the server's own are small.
  const uint64_t held = server_->counters().requests * body.size() - server_->counters().bytes_written;
  EXPECT_LT(server_->counters().requests, static_cast<uint64_t>(kCount));
  EXPECT_LT(held, 512u * 1024);
  client.set_reading(true);
  RunUntil([&] { return client.received > kCount * body.size(); });
  EXPECT_EQ(server_->counters().requests, static_cast<uint64_t>(kCount));
}

TEST_F(ServerTest, RequestsMayComeInAnyPieces) {
  on_request = [&](Ref<Exchange> exchange) {
    auto* sink = new TestSink;
    sink->on_done = [exchange, sink] {
      exchange->Respond({}, std::string_view(sink->data));
      delete sink;
    };
    if (Ref<BodySource> body = exchange->body()) {
      sink->PullAll(std::move(body));
    } else {
      sink->Done();
    }
  };
  Start();
  const std::string all =
      Get("/1") + "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" +
      "POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: v\r\n\r\n" + Get("/4");
  std::minstd_rand random(7);
  for (int round = 0; round < 60; ++round) {
    TestClient& client = Connect();
    std::vector<std::string> bodies;
    for (size_t at = 0; at < all.size();) {
      const size_t count = round == 0 ? 1 : 1 + random() % 60;
      client.Send(std::string_view(all).substr(at, count));
      at += count;
      RunPending();
    }
    RunUntil([&] {
      while (const auto response = TakeResponse(client.input)) bodies.push_back(response->body);
      return bodies.size() == 4 || client.closed();
    });
    EXPECT_EQ(bodies, (std::vector<std::string>{"", "hello", "abc", ""}));
    client.Close();
  }
}

TEST_F(ServerTest, RefusedRequestsNeverReachTheHandler) {
  Start();
  uint64_t count = 0;
  for (const RefusedRequest& request : RefusedRequests()) {
    const std::string answer = Exchange1(request.bytes + Get("/smuggled"));
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + std::to_string(request.status) + " "))
        << testing::PrintToString(request.bytes) << answer;
    EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
    EXPECT_NE(answer.find("Content-Type: text/plain"), std::string::npos);
    EXPECT_EQ(answer.find("\nHTTP/1.1 "), std::string::npos) << answer;
    ++count;
  }
  EXPECT_EQ(requests, 0);
  EXPECT_EQ(server_->counters().refused, count);
  EXPECT_EQ(server_->counters().requests, 0u);
}

TEST_F(ServerTest, RefusalsSayWhatIsWrong) {
  Start();
  const std::string answer =
      Exchange1("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_TRUE(answer.ends_with("\r\n\r\n400 Bad Request: both Content-Length and Transfer-Encoding\n")) << answer;
}

TEST_F(ServerTest, RequestsBeforeARefusedOneAreAnswered) {
  Start();
  std::string answer = Exchange1(Get("/1") + Get("/2") + "oops\r\n\r\n");
  EXPECT_EQ(TakeResponse(answer)->body, "/1");
  EXPECT_EQ(TakeResponse(answer)->body, "/2");
  EXPECT_EQ(TakeResponse(answer)->status, 501);
}

TEST_F(ServerTest, ARefusedClientThatSendsOnCanReadTheAnswer) {
  Start();
  TestClient& client = Connect();
  client.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\n" + std::string(300'000, 'x'));
  RunUntil([&] { return client.closed(); });
  EXPECT_TRUE(client.ended);
  EXPECT_TRUE(client.input.starts_with("HTTP/1.1 413 ")) << client.input;
}

TEST_F(ServerTest, ConnectionCloseIsHonoured) {
  Start();
  std::string answer = Exchange1("GET /1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + Get("/2"));
  const auto response = TakeResponse(answer);
  EXPECT_EQ(response->body, "/1");
  EXPECT_EQ(response->header("Connection"), "close");
  EXPECT_EQ(answer, "");
  EXPECT_EQ(requests, 1);
}

TEST_F(ServerTest, Http10ClosesUnlessAskedToStay) {
  Start();
  std::string answer = Exchange1("GET /1 HTTP/1.0\r\n\r\n");
  EXPECT_EQ(TakeResponse(answer)->header("Connection"), "close");
  TestClient& client = Connect();
  for (int i = 0; i < 2; ++i) {
    const ParsedResponse response = Fetch(client, "GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(response.header("Connection"), "keep-alive");
    EXPECT_EQ(response.body, "/1");
  }
}

TEST_F(ServerTest, OptionsOfTheWholeServer) {
  Start();
  EXPECT_EQ(Fetch(Connect(), "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").body, "*");
}

TEST_F(ServerTest, UpgradeIsIgnoredAndBodiesStayBodies) {
  Start();
  TestClient& client = Connect();
  const std::string upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
  client.Send("GET /1 HTTP/1.1\r\nHost: a\r\n" + upgrade + "\r\n" +
              "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n" + upgrade + "\r\nGET / HTTP" + Get("/3"));
  std::string bodies;
  RunUntil([&] {
    while (const auto response = TakeResponse(client.input)) bodies += response->body;
    return bodies == "/1/2/3" || client.closed();
  });
  EXPECT_EQ(bodies, "/1/2/3");
}

TEST_F(ServerTest, AnEmptyLineBetweenRequestsIsIgnored) {
  Start();
  TestClient& client = Connect();
  EXPECT_EQ(Fetch(client, "\r\n" + Get("/1")).body, "/1");
  EXPECT_EQ(Fetch(client, "\r\n" + Get("/2")).body, "/2");
}

TEST_F(ServerTest, HeadHasTheLengthButNoBody) {
  Start();
  TestClient& client = Connect();
  const ParsedResponse response = Fetch(client, "HEAD /123 HTTP/1.1\r\nHost: a\r\n\r\n", true);
  EXPECT_EQ(response.header("Content-Length"), "4");
  EXPECT_EQ(Fetch(client, Get("/next")).body, "/next");
}

TEST_F(ServerTest, ListensOnIpv6WithAReadableClientAddress) {
  server_ = Server::Create(&loop_, this, limits_);
  const auto port = server_->Listen("::", 0);
  if (!port) GTEST_SKIP() << port.error();
  port_ = *port;
  std::string address;
  on_request = [&](Ref<Exchange> exchange) {
    address = exchange->head()->client_address();
    exchange->Respond({}, {});
  };
  Fetch(Connect(), Get());
  EXPECT_EQ(address, "127.0.0.1");
}

TEST_F(ServerTest, ListenErrorsSayWhatToDo) {
  Start();
  EXPECT_EQ(server_->Listen("127.0.0.1", 0).error(), "this server listens already");
  const auto text = [&](std::string_view host, int port) {
    return Server::Create(&loop_, this, limits_)->Listen(host, port).error_or("");
  };
  EXPECT_NE(text("192.0.2.1", 0).find("no address 192.0.2.1"), std::string::npos);
  EXPECT_NE(text("nonsense", 0).find("\"nonsense\" is not an address"), std::string::npos);
  EXPECT_NE(text("", 0).find("is not an address"), std::string::npos);
  EXPECT_NE(text("127.0.0.1", 65536).find("no port 65536"), std::string::npos);
  EXPECT_EQ(text("localhost", 0), "");
  EXPECT_EQ(text("[::ffff:127.0.0.1]", 0), "");
}

TEST_F(ServerTest, ProbingTellsWhetherAPortIsFree) {
  Start();
  EXPECT_EQ(
      ProbeAddress("127.0.0.1", port_).error_or(""),
      "port " + std::to_string(port_) + " is in use on 127.0.0.1; choose another with --port, or 0 for any free one");
  const auto free_port = ProbeAddress("127.0.0.1", 0);
  ASSERT_TRUE(free_port.has_value());
  EXPECT_GT(*free_port, 0);
  EXPECT_EQ(ProbeAddress("localhost", *free_port), *free_port);
}

TEST(ServerThreads, ServersOfTwoLoopsShareAPortAndBytes) {
  // One loop and server a thread, as shards have them; the body's block is everybody's.
  class Handler final : public RequestHandler {
   public:
    explicit Handler(Bytes bytes) : body(std::move(bytes)) {}
    void OnRequest(Ref<Exchange> exchange) override {
      const bool last = exchange->head()->target() == "/last";
      exchange->Respond({}, body);
      if (last) server->Drain(std::chrono::seconds(10), [] {});
    }
    Bytes body;
    Server* server = nullptr;
  };
  const Bytes body = Bytes::Take(std::string(100'000, 'b'));
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([body] {
      uv_loop_t loop;
      uv_loop_init(&loop);
      Handler handler(body);
      auto server = Server::Create(&loop, &handler, {});
      handler.server = server.get();
      const int port = *server->Listen("127.0.0.1", 0);
      {
        TestClient client(&loop, port);
        client.Send(Get() + Get() + Get("/last"));
        uv_run(&loop, UV_RUN_DEFAULT);
        EXPECT_GT(client.received, 300'000u);
        EXPECT_TRUE(client.ended);
      }
      server.reset();
      uv_run(&loop, UV_RUN_DEFAULT);
      EXPECT_EQ(uv_loop_close(&loop), 0);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace verge::http
