// Connections that leave HTTP: Exchange::RespondUpgrade and the Transport it gives.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "http/client/transport.h"
#include "tests/http/server_fixture.h"

namespace verge::http {
namespace {

constexpr std::string_view kUpgrade = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n";

class ServerUpgradeTest : public ServerTest, public TransportObserver {
 protected:
  void SetUp() override {
    on_request = [this](Ref<Exchange> exchange) {
      if (!exchange->head()->header("upgrade")) {
        exchange->Respond({}, std::string_view("plain"));
        return;
      }
      exchange->set_observer(&observer);
      transport = exchange->RespondUpgrade("x", fields);
      if (transport && start) transport->Start(this);
      exchange_ = std::move(exchange);
    };
  }
  void TearDown() override {
    transport.reset();
    exchange_.reset();
    ServerTest::TearDown();
  }
  void OnRead(std::span<const uint8_t> data) override {
    const std::string_view text(reinterpret_cast<const char*>(data.data()), data.size());
    received += text;
    if (echo && transport) transport->Write(data);
    if (text.contains("drop")) transport.reset();
  }
  void OnDrained() override { ++drained; }
  void OnClosed(std::string_view error) override {
    EXPECT_FALSE(closed);
    closed = std::string(error);
  }
  void OnDraining() override {
    ++draining;
    if (transport) transport->Shutdown();
  }

  // Takes the 101 off.
  std::string TakeHead(TestClient& client) {
    EXPECT_TRUE(RunUntil([&] { return client.input.contains("\r\n\r\n") || client.closed(); }));
    const size_t end = client.input.find("\r\n\r\n") + 4;
    std::string head = client.input.substr(0, end);
    client.input.erase(0, end);
    return head;
  }

  TestObserver observer;
  std::vector<HeaderField> fields;
  std::unique_ptr<Transport> transport;
  std::string received;
  std::optional<std::string> closed;
  int drained = 0;
  int draining = 0;
  bool start = true;
  bool echo = true;

 private:
  Ref<Exchange> exchange_;
};

TEST_F(ServerUpgradeTest, HandsTheConnectionOver) {
  Start();
  fields = {{"X-A", "b"}, {"Content-Length", "5"}, {"Connection", "close"}};
  TestClient& client = Connect();
  client.Send(kUpgrade);
  const std::string head = TakeHead(client);
  EXPECT_TRUE(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n")) << head;
  EXPECT_TRUE(head.contains("Connection: Upgrade\r\nUpgrade: x\r\nX-A: b\r\nDate: "));
  EXPECT_FALSE(head.contains("Content-Length"));
  EXPECT_FALSE(head.contains("close"));
  EXPECT_EQ(observer.outcomes, std::vector{ExchangeOutcome::kSent});
  client.Send("hello");
  EXPECT_TRUE(RunUntil([&] { return client.input == "hello"; }));
  // It is no request.
  client.Send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(RunUntil([&] { return client.input == "helloGET / HTTP/1.1\r\n\r\n"; }));
  EXPECT_EQ(requests, 1);
  client.Close();
  EXPECT_TRUE(RunUntil([&] { return closed.has_value(); }));
  EXPECT_EQ(*closed, "");
  transport->Write({});
  EXPECT_EQ(server_->counters().open_connections, 0u);
}

TEST_F(ServerUpgradeTest, BytesBehindTheRequestComeFirst) {
  Start();
  TestClient& client = Connect();
  client.Send(std::string(kUpgrade) + "early ");
  client.Send("late");
  EXPECT_TRUE(RunUntil([&] { return received == "early late"; }));
  EXPECT_TRUE(RunUntil([&] { return client.input.ends_with("early late"); }));
}

TEST_F(ServerUpgradeTest, NothingIsReadBeforeStartOrWhilePaused) {
  Start();
  start = false;
  TestClient& client = Connect();
  client.Send(std::string(kUpgrade) + "first ");
  TakeHead(client);
  client.Send("second ");
  RunPending();
  EXPECT_EQ(received, "");
  transport->Start(this);
  EXPECT_EQ(received, "");  // never from within
  EXPECT_TRUE(RunUntil([&] { return received == "first second "; }));
  transport->Pause();
  client.Send("third");
  RunPending();
  EXPECT_EQ(received, "first second ");
  transport->Resume();
  EXPECT_TRUE(RunUntil([&] { return received == "first second third"; }));
}

TEST_F(ServerUpgradeTest, WritesWhatTheClientReads) {
  Start();
  echo = false;
  TestClient& client = Connect(4096);
  client.set_reading(false);
  client.Send(kUpgrade);
  EXPECT_TRUE(RunUntil([&] { return transport != nullptr; }));
  const std::string block(1024 * 1024, 'x');
  size_t queued = 0;
  int blocks = 0;
  while (queued == 0 && blocks < 100) {
    queued = transport->Write({reinterpret_cast<const uint8_t*>(block.data()), block.size()});
    ++blocks;
  }
  EXPECT_GT(queued, 0u);
  RunPending();
  EXPECT_EQ(drained, 0);
  client.set_reading(true);
  client.discard_input = true;
  EXPECT_TRUE(RunUntil([&] { return drained == 1; }));
  EXPECT_TRUE(RunUntil([&] { return client.received >= static_cast<size_t>(blocks) * block.size(); }));
}

TEST_F(ServerUpgradeTest, ShutdownSendsEverythingFirst) {
  Start();
  echo = false;
  TestClient& client = Connect();
  client.Send(kUpgrade);
  TakeHead(client);
  const std::string data(3 * 1024 * 1024, 'z');
  transport->Write({reinterpret_cast<const uint8_t*>(data.data()), data.size()});
  transport->Shutdown();
  EXPECT_TRUE(RunUntil([&] { return client.ended; }));
  EXPECT_EQ(client.input, data);
  EXPECT_FALSE(closed);
  client.Close();
  EXPECT_TRUE(RunUntil([&] { return closed.has_value(); }));
}

TEST_F(ServerUpgradeTest, DroppingItClosesAtOnce) {
  Start();
  TestClient& client = Connect();
  client.Send(kUpgrade);
  TakeHead(client);
  client.Send("drop");  // from within OnRead
  EXPECT_TRUE(RunUntil([&] { return client.closed(); }));
  EXPECT_FALSE(closed);
  TestClient& second = Connect();
  second.Send(kUpgrade);
  TakeHead(second);
  transport.reset();
  EXPECT_TRUE(RunUntil([&] { return second.closed(); }));
}

TEST_F(ServerUpgradeTest, ResetByTheClient) {
  Start();
  TestClient& client = Connect();
  client.Send(kUpgrade);
  TakeHead(client);
  client.Reset();
  EXPECT_TRUE(RunUntil([&] { return closed.has_value(); }));
  EXPECT_NE(*closed, "");
}

TEST_F(ServerUpgradeTest, RefusedWhereItMakesNoSense) {
  Start();
  Ref<Exchange> held;
  on_request = [&](Ref<Exchange> exchange) {
    EXPECT_EQ(exchange->RespondUpgrade("x", {}), nullptr);
    exchange->Respond({}, std::string_view("no"));
    EXPECT_EQ(exchange->RespondUpgrade("x", {}), nullptr);
  };
  TestClient& client = Connect();
  EXPECT_EQ(Fetch(client, Get()).body, "no");
  EXPECT_EQ(Fetch(client, "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nContent-Length: 1\r\n\r\ny").body, "no");
  EXPECT_EQ(Fetch(client, "GET / HTTP/1.0\r\nHost: a\r\nUpgrade: x\r\n\r\n").body, "no");
  on_request = [&](Ref<Exchange> exchange) {
    const HeaderField bad{.name = "X", .value = "a\r\nb"};
    EXPECT_EQ(exchange->RespondUpgrade("x", {&bad, 1}), nullptr);
    EXPECT_EQ(exchange->RespondUpgrade("x y", {}), nullptr);
    exchange->Respond({}, std::string_view("no"));
  };
  EXPECT_EQ(Fetch(Connect(), kUpgrade).body, "no");
}

TEST_F(ServerUpgradeTest, DrainTellsAndWaits) {
  Start();
  TestClient& client = Connect();
  client.Send(kUpgrade);
  TakeHead(client);
  bool done = false;
  server_->Drain(std::chrono::seconds(30), [&] { done = true; });
  EXPECT_EQ(draining, 1);
  EXPECT_TRUE(RunUntil([&] { return client.ended; }));
  EXPECT_FALSE(done);
  client.Close();
  EXPECT_TRUE(RunUntil([&] { return done; }));
}

TEST_F(ServerUpgradeTest, DrainClosesAfterItsDeadline) {
  Start();
  start = false;  // nobody hears that it is time to go
  TestClient& client = Connect();
  client.Send(kUpgrade);
  TakeHead(client);
  bool done = false;
  server_->Drain(std::chrono::milliseconds(20), [&] { done = true; });
  EXPECT_TRUE(RunUntil([&] { return done; }));
  EXPECT_TRUE(RunUntil([&] { return client.closed(); }));
  transport->Start(this);
  EXPECT_TRUE(closed.has_value());
}

TEST_F(ServerUpgradeTest, TheServerGoesFirst) {
  Start();
  TestClient& client = Connect();
  client.Send(kUpgrade);
  TakeHead(client);
  server_.reset();
  EXPECT_TRUE(closed.has_value());
  transport->Pause();
  transport->Shutdown();
  RunPending();
}

TEST_F(ServerUpgradeTest, ClientThatDoesNotRead) {
  limits_.write_timeout = std::chrono::milliseconds(30);
  Start();
  echo = false;
  TestClient& client = Connect(4096);
  client.set_reading(false);
  client.Send(kUpgrade);
  EXPECT_TRUE(RunUntil([&] { return transport != nullptr; }));
  const std::string block(16 * 1024 * 1024, 'x');
  transport->Write({reinterpret_cast<const uint8_t*>(block.data()), block.size()});
  EXPECT_TRUE(RunUntil([&] { return closed.has_value(); }));
}

}  // namespace
}  // namespace verge::http
