// Who may go when: clients, exchanges, bodies, handlers and the server itself, in any order.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/http/server_fixture.h"

namespace verge::http {
namespace {

using std::chrono::milliseconds;

class ServerLifetimeTest : public ServerTest {
 protected:
  void KeepExchange() {
    on_request = [this](Ref<Exchange> exchange) {
      exchange->set_observer(&observer);
      current = std::move(exchange);
    };
  }
  bool AwaitExchange() {
    return RunUntil([&] { return static_cast<bool>(current); });
  }
  bool AwaitOutcome() {
    return RunUntil([&] { return !observer.outcomes.empty(); });
  }
  TestObserver observer;
  Ref<Exchange> current;
};

TEST_F(ServerLifetimeTest, AClientThatLeavesWhileItWaitsIsNoticed) {
  KeepExchange();
  Start();
  for (int way = 0; way < 3; ++way) {
    TestClient& client = Connect();
    client.Send(Get());
    ASSERT_TRUE(AwaitExchange());
    if (way == 0) client.Close();
    if (way == 1) client.Reset();
    if (way == 2) client.ShutdownWrite();
    ASSERT_TRUE(AwaitOutcome());
    EXPECT_EQ(std::exchange(observer.outcomes, {}), std::vector{ExchangeOutcome::kDisconnected});
    current->Respond({}, std::string_view("nobody is there"));
    current->Abort();
    EXPECT_EQ(current->head()->target(), "/") << "the head outlives the connection";
    current.reset();
  }
  RunPending();
  EXPECT_TRUE(observer.outcomes.empty()) << "told once";
  EXPECT_EQ(server_->counters().open_connections, 0u);
}

TEST_F(ServerLifetimeTest, AClientThatLeavesWithMuchPipelinedInputIsNoticed) {
  KeepExchange();
  Start();
  TestClient& client = Connect();
  std::string all;
  for (int i = 0; i < 3'500; ++i) all += Get("/" + std::to_string(i));
  client.Send(all);
  ASSERT_TRUE(AwaitExchange());
  uint64_t before = UINT64_MAX;
  while (before != server_->counters().bytes_read) {
    before = server_->counters().bytes_read;
    RunPending();
  }
  EXPECT_LT(server_->counters().bytes_read, all.size()) << "read ahead without bound";
  client.Close();
  ASSERT_TRUE(AwaitOutcome());
  EXPECT_EQ(observer.outcomes, std::vector{ExchangeOutcome::kDisconnected});
}

TEST_F(ServerLifetimeTest, AClientThatLeavesCancelsTheSource) {
  for (const bool blocked : {false, true}) {
    const auto source = MakeRef<TestSource>();
    if (blocked) source->chunks.push_back(std::string(64 * 1024 * 1024, 'x'));
    on_request = [&](Ref<Exchange> exchange) {
      exchange->set_observer(&observer);
      exchange->Respond({}, Ref<BodySource>(source));
    };
    if (!server_) Start();
    TestClient& client = Connect();
    if (blocked) client.set_reading(false);
    client.Send(Get());
    RunUntil([&] { return source->pulls > 0; });
    RunPending();
    client.Close();
    ASSERT_TRUE(AwaitOutcome());
    EXPECT_EQ(std::exchange(observer.outcomes, {}), std::vector{ExchangeOutcome::kDisconnected});
    EXPECT_EQ(source->cancels, 1);
    EXPECT_FALSE(source->asked());
    EXPECT_EQ(source->references(), 1u);
  }
}

TEST_F(ServerLifetimeTest, AClientMayShutItsSideDownOnceItIsAnswered) {
  const Bytes body = Bytes::Take(std::string(8 * 1024 * 1024, 'x'));
  on_request = [&](Ref<Exchange> exchange) {
    exchange->set_observer(&observer);
    exchange->Respond({}, body);
  };
  Start();
  TestClient& client = Connect();
  client.Send(Get());
  client.ShutdownWrite();
  RunUntil([&] { return client.closed(); });
  EXPECT_TRUE(client.ended);
  EXPECT_GT(client.received, body.size());
  EXPECT_EQ(observer.outcomes, std::vector{ExchangeOutcome::kSent});
}

TEST_F(ServerLifetimeTest, AbortClosesWithoutAnAnswer) {
  KeepExchange();
  Start();
  TestClient& client = Connect();
  client.Send(Get());
  ASSERT_TRUE(AwaitExchange());
  current->Abort();
  EXPECT_TRUE(observer.outcomes.empty()) << "not from within Abort";
  current->Respond({}, std::string_view("x"));
  current->Abort();
  RunUntil([&] { return client.closed(); });
  EXPECT_EQ(client.input.find("HTTP/1.1 200"), client.input.empty() ? std::string::npos : 0);
  EXPECT_EQ(observer.outcomes.size(), 1u);
}

TEST_F(ServerLifetimeTest, AbortFromWithinTheHandler) {
  on_request = [&](Ref<Exchange> exchange) {
    exchange->set_observer(&observer);
    exchange->Abort();
  };
  Start();
  TestClient& client = Connect();
  client.Send(Get() + Get());
  RunUntil([&] { return client.closed(); });
  EXPECT_EQ(client.input, "");
  EXPECT_EQ(observer.outcomes, std::vector{ExchangeOutcome::kDisconnected});
}

TEST_F(ServerLifetimeTest, AbortInTheMiddleOfAResponse) {
  const auto source = MakeRef<TestSource>();
  on_request = [&](Ref<Exchange> exchange) {
    exchange->set_observer(&observer);
    current = exchange;
    exchange->Respond({}, Ref<BodySource>(source));
  };
  Start();
  TestClient& client = Connect();
  client.Send(Get());
  RunUntil([&] { return source->asked(); });
  source->Add("part");
  RunUntil([&] { return client.input.ends_with("part\r\n"); });
  current->Abort();
  RunUntil([&] { return client.closed(); });
  EXPECT_EQ(source->cancels, 1);
  EXPECT_EQ(observer.outcomes, std::vector{ExchangeOutcome::kDisconnected});
}

TEST_F(ServerLifetimeTest, ObserversCanBeTakenBack) {
  KeepExchange();
  Start();
  TestClient& client = Connect();
  client.Send(Get());
  ASSERT_TRUE(AwaitExchange());
  current->set_observer(nullptr);
  current->Respond({}, std::string_view("x"));
  Fetch(client, "");
  RunPending();
  EXPECT_TRUE(observer.outcomes.empty());
}

TEST_F(ServerLifetimeTest, EverythingOutlivesTheServer) {
  KeepExchange();
  Start();
  TestClient& client = Connect();
  client.Send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
  ASSERT_TRUE(AwaitExchange());
  const Ref<BodySource> body = current->body();
  TestSink sink;
  sink.PullAll(body);
  const auto source = MakeRef<TestSource>();
  server_.reset();
  EXPECT_EQ(observer.outcomes, std::vector{ExchangeOutcome::kDisconnected});
  EXPECT_EQ(sink.error, BodyError::kDisconnected);
  current->Respond({}, Ref<BodySource>(source));
  EXPECT_EQ(source->cancels, 1);
  EXPECT_EQ(current->body(), Ref<BodySource>(body));
  current->Abort();
  EXPECT_EQ(current->head()->target(), "/x");
  body->Cancel();
  RunUntil([&] { return client.closed(); });
  current.reset();
}

TEST_F(ServerLifetimeTest, TheServerMayBeDestroyedByItsHandler) {
  on_request = [&](Ref<Exchange> exchange) {
    exchange->set_observer(&observer);
    server_.reset();
    exchange->Respond({}, std::string_view("x"));
  };
  Start();
  TestClient& client = Connect();
  client.Send(Get() + Get());
  RunUntil([&] { return client.closed(); });
  EXPECT_EQ(requests, 1);
  EXPECT_EQ(observer.outcomes, std::vector{ExchangeOutcome::kDisconnected});
}

TEST_F(ServerLifetimeTest, AnObserverMayAbortAndAnswerOthers) {
  struct Meddler final : ExchangeObserver {
    void OnExchangeDone(ExchangeOutcome) override {
      ++calls;
      for (const Ref<Exchange>& exchange : others) {
        exchange->Respond({}, std::string_view("meddled"));
        exchange->Abort();
      }
    }
    std::vector<Ref<Exchange>> others;
    int calls = 0;
  } meddler;
  on_request = [&](Ref<Exchange> exchange) {
    meddler.others.push_back(exchange);
    exchange->set_observer(&meddler);
  };
  Start();
  TestClient& a = Connect();
  TestClient& b = Connect();
  a.Send(Get());
  b.Send(Get());
  RunUntil([&] { return requests == 2; });
  a.Close();
  RunUntil([&] { return b.closed() && meddler.calls == 2; });
}

TEST_F(ServerLifetimeTest, DrainWaitsForExchangesAndClosesIdleConnections) {
  KeepExchange();
  Start();
  TestClient& idle = Connect();
  TestClient& busy = Connect();
  busy.Send(Get());
  ASSERT_TRUE(AwaitExchange());
  RunUntil([&] { return server_->counters().open_connections == 2; });
  int drained = 0;
  server_->Drain(std::chrono::seconds(60), [&] { ++drained; });
  RunUntil([&] { return idle.closed(); });
  EXPECT_EQ(drained, 0);
  current->Respond({}, std::string_view("bye"));
  const ParsedResponse response = Fetch(busy, "");
  EXPECT_EQ(response.body, "bye");
  EXPECT_EQ(response.header("Connection"), "close");
  RunUntil([&] { return drained == 1; });
  RunPending();
  EXPECT_EQ(drained, 1);
  EXPECT_EQ(server_->counters().open_connections, 0u);
}

TEST_F(ServerLifetimeTest, DrainClosesWhatIsLeftAtItsDeadline) {
  KeepExchange();
  Start();
  TestClient& client = Connect();
  client.Send(Get());
  ASSERT_TRUE(AwaitExchange());
  bool drained = false;
  server_->Drain(milliseconds(20), [&] { drained = true; });
  RunUntil([&] { return drained; });
  EXPECT_EQ(observer.outcomes, std::vector{ExchangeOutcome::kDisconnected});
  RunUntil([&] { return client.closed(); });
}

TEST_F(ServerLifetimeTest, DrainRightAfterAnAnswerStillSaysThatItWasSent) {
  KeepExchange();
  Start();
  TestClient& client = Connect();
  client.Send(Get());
  ASSERT_TRUE(AwaitExchange());
  current->Respond({}, std::string_view("sent"));
  bool drained = false;
  server_->Drain(std::chrono::seconds(60), [&] { drained = true; });
  EXPECT_EQ(Fetch(client, "").body, "sent");
  RunUntil([&] { return drained; });
  EXPECT_EQ(observer.outcomes, std::vector{ExchangeOutcome::kSent});
}

TEST_F(ServerLifetimeTest, AClientThatIsGoneDoesNotKeepTheLoopBusy) {
  // Answered, its body held by somebody who does not pull, and the client's end not read yet: nothing is left to do.
  KeepExchange();
  Start();
  TestClient& client = Connect();
  client.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 150000\r\n\r\n" + std::string(100'000, 'x'));
  ASSERT_TRUE(AwaitExchange());
  const Ref<BodySource> body = current->body();
  current->Respond({}, std::string_view("early"));
  EXPECT_EQ(Fetch(client, "").body, "early");
  client.ShutdownWrite();
  RunPending();
  uv_metrics_t before{};
  uv_metrics_info(&loop_, &before);
  for (int i = 0; i < 100; ++i) uv_run(&loop_, UV_RUN_NOWAIT);
  uv_metrics_t after{};
  uv_metrics_info(&loop_, &after);
  EXPECT_EQ(after.events, before.events);
  TestSink sink;
  sink.PullAll(body);
  RunUntil([&] { return sink.ended; });
  EXPECT_EQ(sink.data.size(), 100'000u);
  EXPECT_EQ(sink.error, BodyError::kDisconnected);
}

TEST_F(ServerLifetimeTest, DrainOfAnIdleServerEndsTheLoop) {
  Start();
  bool drained = false;
  server_->Drain(std::chrono::seconds(60), [&] {
    drained = true;
    server_.reset();
  });
  EXPECT_FALSE(drained) << "not from within Drain";
  uv_run(&loop_, UV_RUN_DEFAULT);
  EXPECT_TRUE(drained);
}

TEST_F(ServerLifetimeTest, DrainOfAServerThatNeverListened) {
  server_ = Server::Create(&loop_, this, limits_);
  bool drained = false;
  server_->Drain(milliseconds(0), [&] { drained = true; });
  uv_run(&loop_, UV_RUN_DEFAULT);
  EXPECT_TRUE(drained);
}

TEST_F(ServerLifetimeTest, DrainFinishesARequestThatHasBegun) {
  Start();
  TestClient& client = Connect();
  client.Send("GET /begun HTTP/1.1\r\n");
  RunUntil([&] { return server_->counters().bytes_read > 0; });
  bool drained = false;
  server_->Drain(std::chrono::seconds(60), [&] { drained = true; });
  RunPending();
  EXPECT_FALSE(client.closed());
  const ParsedResponse response = Fetch(client, "Host: a\r\n\r\n");
  EXPECT_EQ(response.body, "/begun");
  EXPECT_EQ(response.header("Connection"), "close");
  RunUntil([&] { return drained; });
}

TEST_F(ServerLifetimeTest, HundredsOfConnectionsComeAndGo) {
  Start();
  for (int round = 0; round < 5; ++round) {
    std::vector<TestClient*> clients;
    for (int i = 0; i < 100; ++i) clients.push_back(&Connect());
    for (TestClient* client : clients) client->Send(Get() + Get());
    for (TestClient* client : clients) {
      EXPECT_EQ(Fetch(*client, "").status, 200);
      EXPECT_EQ(Fetch(*client, "").status, 200);
    }
    clients_.clear();
    RunUntil([&] { return server_->counters().open_connections == 0; });
  }
  EXPECT_EQ(server_->counters().connections, 500u);
  EXPECT_EQ(server_->counters().requests, 1000u);
}

}  // namespace
}  // namespace verge::http
