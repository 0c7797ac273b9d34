// What may be dropped, cancelled and destroyed when: anything, at any time.
#include <gtest/gtest.h>

#include <string>

#include "tests/http/client_fixture.h"

namespace verge::http {
namespace {

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

class ClientLifetimeTest : public ClientTest {};

TEST_F(ClientLifetimeTest, CancelAtEveryStage) {
  // At once.
  auto request = Send(To());
  request->exchange->Cancel();
  request->exchange->Cancel();
  RunPending();
  EXPECT_EQ(request->calls, 0);
  EXPECT_EQ(client().counters().open_connections, 0u);
  // While it waits for the answer.
  const size_t n = origin_->peers.size();
  request = Send(To());
  TakeHead(Peer(n));
  request->exchange->Cancel();
  RunUntil([&] { return Peer(n).closed(); });
  EXPECT_EQ(request->calls, 0);
  // After it.
  request = Exchange(kOk);
  request->exchange->Cancel();
  EXPECT_EQ(Outcome(*request), "200 ok");
  EXPECT_EQ(client().counters().idle_connections, 1u);
  // Dropping the handle is not cancelling.
  request = Send(To());
  request->exchange.reset();
  RunUntil([&] { return !Peer(origin_->peers.size() - 1).input.empty(); });
  Peer(origin_->peers.size() - 1).Send(kOk);
  Await(*request);
  EXPECT_EQ(Outcome(*request), "200 ok");
}

TEST_F(ClientLifetimeTest, CancelOfAnInvalidRequest) {
  auto request = Send(To("x"));
  request->exchange->Cancel();
  RunPending();
  EXPECT_EQ(request->calls, 0);
}

TEST_F(ClientLifetimeTest, CancelCancelsTheRequestsBody) {
  const auto source = MakeRef<TestSource>();
  ClientRequest post = To("/", "POST");
  post.body = Ref<BodySource>(source);
  auto request = Send(ClientRequest(post));
  request->exchange->Cancel();
  EXPECT_EQ(source->cancels, 1);

  request = Send(ClientRequest(post));
  RunUntil([&] { return source->asked(); });
  request->exchange->Cancel();
  EXPECT_EQ(source->cancels, 2);

  // With the answer there, the body of the answer goes on.
  const size_t n = origin_->peers.size();
  request = Send(std::move(post));
  TakeHead(Peer(n));
  Peer(n).Send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha");
  RunUntil([&] { return request->body.data == "ha"; });
  request->exchange->Cancel();
  EXPECT_EQ(source->cancels, 3);
  Peer(n).Send("lf");
  Await(*request);
  EXPECT_EQ(Outcome(*request), "200 half");
  RunUntil([&] { return Peer(n).closed(); });
  EXPECT_EQ(source->references(), 1u);
}

TEST_F(ClientLifetimeTest, ABodyThatIsDroppedClosesItsConnection) {
  for (const bool cancel : {false, true}) {
    const size_t n = origin_->peers.size();
    auto request = std::make_unique<TestRequest>();
    request->read_body = false;
    request->exchange = client().Send(To(), request.get());
    TakeHead(Peer(n));
    Peer(n).Send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha");
    RunUntil([&] { return request->answered(); });
    EXPECT_EQ(client().counters().open_connections, 1u);
    if (cancel) {
      request->response->body()->Cancel();
    } else {
      request->response.reset();
    }
    EXPECT_EQ(client().counters().open_connections, 0u);
    RunUntil([&] { return Peer(n).closed(); });
  }
}

TEST_F(ClientLifetimeTest, ABodyThatIsThereMayBeDroppedForFree) {
  auto request = std::make_unique<TestRequest>();
  request->read_body = false;
  request->exchange = client().Send(To(), request.get());
  TakeHead(Peer());
  Peer().Send(kOk);
  RunUntil([&] { return request->answered(); });
  EXPECT_EQ(client().counters().idle_connections, 1u);
  request->response.reset();
  EXPECT_EQ(client().counters().idle_connections, 1u);
}

TEST_F(ClientLifetimeTest, DestroyedWithRequestsUnderWay) {
  const auto source = MakeRef<TestSource>();
  ClientRequest post = To("/", "POST");
  post.body = Ref<BodySource>(source);
  auto dialing = Send(To());
  auto sending = Send(std::move(post));
  RunUntil([&] { return source->asked(); });
  const size_t n = origin_->peers.size();
  auto receiving = Send(To());
  TakeHead(Peer(n));
  Peer(n).Send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha");
  RunUntil([&] { return receiving->body.data == "ha"; });
  auto invalid = Send(To("x"));
  auto fresh = Send(To());
  client_.reset();
  EXPECT_EQ(Outcome(*dialing), "error: the HTTP client is shut down");
  EXPECT_EQ(Outcome(*sending), "error: the HTTP client is shut down");
  EXPECT_EQ(Outcome(*invalid), "error: the HTTP client is shut down");
  EXPECT_EQ(Outcome(*fresh), "error: the HTTP client is shut down");
  EXPECT_EQ(Outcome(*receiving), "200 ha broken");
  EXPECT_EQ(source->cancels, 1);
  for (TestRequest* each : {dialing.get(), receiving.get(), fresh.get()}) each->exchange->Cancel();
}

TEST_F(ClientLifetimeTest, DestroyedFromWithinAResponse) {
  const size_t n = origin_->peers.size();
  auto request = Send(To());
  request->on_response = [&] { client_.reset(); };
  TakeHead(Peer(n));
  Peer(n).Send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha");
  Await(*request);
  EXPECT_EQ(request->body.error, BodyError::kDisconnected);
  EXPECT_EQ(request->body.data, "ha");

  request = Send(To());
  request->on_response = [&] { client_.reset(); };
  TakeHead(Peer(n + 1));
  Peer(n + 1).Send(kOk);
  Await(*request);
  EXPECT_EQ(Outcome(*request), "200 ok");
}

TEST_F(ClientLifetimeTest, DestroyedFromWithinAnError) {
  const size_t n = origin_->peers.size();
  auto other = Send(To());
  auto request = Send(To());
  request->on_error = [&] { client_.reset(); };
  TakeHead(Peer(n));
  TakeHead(Peer(n + 1));
  Peer(n).Reset();
  Peer(n + 1).Reset();
  Await(*request);
  Await(*other);
}

TEST_F(ClientLifetimeTest, DestroyedFromWithinAnErrorBeforeTheConnection) {
  auto request = Send(To("x"));
  auto other = Send(To("x"));
  request->on_error = [&] { client_.reset(); };
  Await(*request);
  Await(*other);
}

TEST_F(ClientLifetimeTest, CancelledFromWithinAResponse) {
  auto request = Send(To());
  request->on_response = [&] {
    request->exchange->Cancel();
    request->response.reset();
  };
  TakeHead(Peer());
  Peer().Send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha");
  RunUntil([&] { return Peer().closed(); });
  EXPECT_EQ(request->calls, 1);
}

// A sink that does something at its first chunk.
class MeddlingSink final : public BodySink {
 public:
  void OnChunk(Bytes chunk) override {
    data.append(chunk.view());
    if (meddle) std::exchange(meddle, nullptr)();
    if (source) source->Pull(this);
  }
  void OnEnd() override { ended = true; }
  void OnError(BodyError, std::string_view) override { ended = true; }
  Ref<BodySource> source;
  std::string data;
  std::function<void()> meddle;
  bool ended = false;
};

TEST_F(ClientLifetimeTest, ABodyMayBeDroppedFromWithinItsChunk) {
  for (int what = 0; what < 4; ++what) {
    const size_t n = origin_->peers.size();
    auto request = std::make_unique<TestRequest>();
    request->read_body = false;
    request->exchange = client().Send(To(), request.get());
    TakeHead(Peer(n));
    Peer(n).Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    RunUntil([&] { return request->answered(); });
    MeddlingSink sink;
    sink.source = request->response->body();
    sink.meddle = [&] {
      if (what == 0) {
        sink.source->Cancel();
        sink.source.reset();
      }
      if (what == 1) {
        sink.source.reset();
        request->response.reset();
      }
      if (what == 2) client_.reset();
      if (what == 3) {
        request.reset();
        sink.source.reset();
      }
    };
    sink.source->Pull(&sink);
    Peer(n).Send("2\r\nab\r\n");
    RunUntil([&] { return Peer(n).closed(); });
    EXPECT_EQ(sink.data, "ab");
    EXPECT_EQ(sink.ended, what == 2);
  }
}

TEST_F(ClientLifetimeTest, ARequestSentFromWithinAResponseUsesTheSameConnection) {
  std::unique_ptr<TestRequest> second;
  auto first = Send(To("/1"));
  first->on_response = [&] { second = Send(To("/2")); };
  TakeHead(Peer());
  Peer().Send(kOk);
  Await(*first);
  EXPECT_TRUE(TakeHead(Peer()).starts_with("GET /2 "));
  Peer().Send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo");
  Await(*second);
  EXPECT_EQ(Outcome(*first), "200 ok");
  EXPECT_EQ(Outcome(*second), "200 two");
  EXPECT_EQ(client().counters().connections, 1u);
}

TEST_F(ClientLifetimeTest, ASourceMayCancelItsRequestFromWithinPull) {
  class Canceller final : public BodySource {
   public:
    void Pull(BodySink*) override { pull(); }
    void Cancel() override { ++cancels; }
    std::function<void()> pull;
    int cancels = 0;
  };
  for (const bool destroy : {false, true}) {
    const auto source = MakeRef<Canceller>();
    ClientRequest post = To("/", "POST");
    post.body = Ref<BodySource>(source);
    auto request = Send(std::move(post));
    bool pulled = false;
    source->pull = [&] {
      pulled = true;
      if (destroy) {
        client_.reset();
      } else {
        request->exchange->Cancel();
      }
    };
    RunUntil([&] { return pulled; });
    RunPending();
    EXPECT_EQ(source->cancels, 1);
    EXPECT_EQ(request->calls, destroy ? 1 : 0);
  }
}

TEST_F(ClientLifetimeTest, NothingIsLeftToDoWhenNobodyPulls) {
  auto request = std::make_unique<TestRequest>();
  request->read_body = false;
  request->exchange = client().Send(To(), request.get());
  TakeHead(Peer());
  Peer().Send("HTTP/1.1 200 OK\r\n\r\n" + std::string(4 * 1024 * 1024, 'x'));
  RunUntil([&] { return request->answered(); });
  Peer().Reset();
  RunPending();
  uv_metrics_t before{};
  uv_metrics_info(&loop_, &before);
  for (int i = 0; i < 100; ++i) uv_run(&loop_, UV_RUN_NOWAIT);
  uv_metrics_t after{};
  uv_metrics_info(&loop_, &after);
  EXPECT_EQ(after.events, before.events);
}

// ---- Upgrades

class TestTransport final : public TransportObserver {
 public:
  void OnRead(std::span<const uint8_t> data) override {
    input.append(reinterpret_cast<const char*>(data.data()), data.size());
    if (on_read) on_read();
  }
  void OnDrained() override { ++drained; }
  void OnClosed(std::string_view why) override {
    ++closed;
    error = why;
    if (on_closed) on_closed();
  }
  std::string input;
  int drained = 0;
  int closed = 0;
  std::string error;
  std::function<void()> on_read;
  std::function<void()> on_closed;
};

std::span<const uint8_t> AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

class ClientUpgradeTest : public ClientTest {
 protected:
  std::unique_ptr<TestRequest> Upgrade(std::string_view rest = {}) {
    const size_t n = origin_->peers.size();
    ClientRequest get = To();
    get.upgrade = "websocket";
    auto request = Send(std::move(get));
    EXPECT_TRUE(TakeHead(Peer(n)).ends_with("\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"));
    Peer(n).Send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n" +
                 std::string(rest));
    Await(*request);
    EXPECT_TRUE(request->transport);
    EXPECT_EQ(request->response->status(), 101);
    return request;
  }
  TestTransport observer;
};

TEST_F(ClientUpgradeTest, BytesGoBothWays) {
  auto request = Upgrade("early");
  EXPECT_EQ(client().counters().open_connections, 1u);
  Peer().Send(" late");
  RunPending();
  EXPECT_EQ(observer.input, "");
  request->transport->Start(&observer);
  EXPECT_EQ(observer.input, "") << "not from within Start";
  RunUntil([&] { return observer.input == "early late"; });
  EXPECT_EQ(request->transport->Write(AsBytes("hello")), 0u);
  RunUntil([&] { return Peer().input == "hello"; });
  request->transport->Shutdown();
  RunUntil([&] { return Peer().ended; });
  Peer().Send("still");
  Peer().ShutdownWrite();
  RunUntil([&] { return observer.closed == 1; });
  EXPECT_EQ(observer.input, "early latestill");
  EXPECT_EQ(observer.error, "");
  request->transport.reset();
  EXPECT_EQ(client().counters().open_connections, 0u);
}

TEST_F(ClientUpgradeTest, BackPressureBothWays) {
  auto request = Upgrade();
  request->transport->Start(&observer);
  Peer().set_reading(false);
  const std::string block(1024 * 1024, 'x');
  size_t sent = 0;
  while (request->transport->Write(AsBytes(block)) == 0) {
    sent += block.size();
    ASSERT_LT(sent, size_t{1} << 30);
  }
  sent += block.size();
  EXPECT_EQ(observer.drained, 0);
  Peer().discard_input = true;
  Peer().set_reading(true);
  RunUntil([&] { return observer.drained == 1; });
  RunUntil([&] { return Peer().received >= sent; });

  request->transport->Pause();
  Peer().Send(std::string(20 * 1024 * 1024, 'y'));
  size_t unsent = 0;
  do {
    unsent = Peer().unsent();
    RunPending();
  } while (unsent != Peer().unsent());
  EXPECT_GT(unsent, 0u);
  EXPECT_EQ(observer.input.size(), 0u);
  request->transport->Resume();
  RunUntil([&] { return observer.input.size() == 20 * 1024 * 1024; });
}

TEST_F(ClientUpgradeTest, AResetIsReported) {
  auto request = Upgrade();
  request->transport->Start(&observer);
  RunPending();
  Peer().Reset();
  RunUntil([&] { return observer.closed == 1; });
  EXPECT_EQ(observer.error, "connection to 127.0.0.1:" + std::to_string(origin_->port()) + " was reset");
  EXPECT_EQ(request->transport->Write(AsBytes("x")), 0u);
  RunPending();
  EXPECT_EQ(observer.closed, 1);
}

TEST_F(ClientUpgradeTest, MayBeDestroyedFromWithin) {
  auto request = Upgrade("early");
  observer.on_read = [&] { request->transport.reset(); };
  request->transport->Start(&observer);
  RunUntil([&] { return Peer().closed(); });
  EXPECT_EQ(observer.input, "early");

  request = Upgrade();
  observer.on_read = nullptr;
  observer.on_closed = [&] { request->transport.reset(); };
  request->transport->Start(&observer);
  Peer(1).Close();
  RunUntil([&] { return observer.closed == 1; });
  RunPending();
}

TEST_F(ClientUpgradeTest, OutlivesTheClient) {
  auto request = Upgrade("early");
  client_.reset();
  request->transport->Start(&observer);
  RunUntil([&] { return observer.input == "early"; });
  request->transport->Write(AsBytes("hello"));
  RunUntil([&] { return Peer().input == "hello"; });
}

TEST_F(ClientUpgradeTest, ARefusalIsAResponse) {
  ClientRequest get = To();
  get.upgrade = "websocket";
  auto request = Send(std::move(get));
  TakeHead(Peer());
  Peer().Send("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno");
  Await(*request);
  EXPECT_EQ(Outcome(*request), "426 no");
  EXPECT_EQ(client().counters().idle_connections, 1u);
  // A fresh connection for each.
  get = To();
  get.upgrade = "websocket";
  request = Send(std::move(get));
  TakeHead(Peer(1));
}

TEST_F(ClientUpgradeTest, NobodyWantsIt) {
  ClientRequest get = To();
  get.upgrade = "websocket";
  auto request = Send(std::move(get));
  TakeHead(Peer());
  request->exchange->Cancel();
  Peer().Send("HTTP/1.1 101 Switching Protocols\r\n\r\n");
  RunUntil([&] { return Peer().closed(); });
  EXPECT_EQ(client().counters().open_connections, 0u);
}

}  // namespace
}  // namespace verge::http
