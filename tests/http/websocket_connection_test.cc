// WebSocketConnection over a transport that the test plays.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/websocket/bridge.h"
#include "http/websocket/connection.h"
#include "tests/http/websocket_bytes.h"

namespace verge::http {
namespace {

// What the connection did to its transport.
struct Wire {
  TransportObserver* observer = nullptr;
  std::string written;
  size_t accept = SIZE_MAX;  // bytes that the socket still takes
  size_t queued = 0;
  bool reading = false;
  bool shut_down = false;
  bool gone = false;

  void Receive(std::string_view data) {
    ASSERT_TRUE(observer);
    observer->OnRead(AsSpan(data));
  }
  void Drain() {
    accept = SIZE_MAX;
    queued = 0;
    observer->OnDrained();
  }
  std::string Take() { return std::exchange(written, {}); }
};

class TestTransport final : public Transport {
 public:
  explicit TestTransport(Wire* wire) : wire_(wire) {}
  ~TestTransport() override {
    wire_->gone = true;
    wire_->observer = nullptr;
  }
  void Start(TransportObserver* observer) override {
    wire_->observer = observer;
    wire_->reading = true;
  }
  size_t Write(std::span<const uint8_t> data) override {
    wire_->written.append(reinterpret_cast<const char*>(data.data()), data.size());
    const size_t taken = std::min(data.size(), wire_->accept);
    if (wire_->accept != SIZE_MAX) wire_->accept -= taken;
    wire_->queued += data.size() - taken;
    return wire_->queued;
  }
  void Pause() override { wire_->reading = false; }
  void Resume() override { wire_->reading = true; }
  void Shutdown() override { wire_->shut_down = true; }

 private:
  Wire* wire_;
};

struct Ear final : WebSocketObserver {
  std::string log;
  std::function<void(bool, std::string&)> on_message;
  int drained = 0;
  std::optional<WebSocketEnd> end;
  std::function<void()> on_end;

  void OnMessage(bool text, std::string& data) override {
    log += (text ? "t:" : "b:") + (data.size() > 100 ? std::to_string(data.size()) : data) + ";";
    if (on_message) on_message(text, data);
  }
  void OnClosing(uint16_t code, std::string_view reason) override {
    log += "closing:" + std::to_string(code) + ":" + std::string(reason) + ";";
  }
  void OnEnd(const WebSocketEnd& how) override {
    EXPECT_FALSE(end);
    end = how;
    log += (how.clean ? "clean:" : "broken:") + std::to_string(how.code) + ";";
    if (on_end) on_end();
  }
  void OnDrained() override { ++drained; }
};

class WebSocketConnectionTest : public testing::Test {
 protected:
  WebSocketConnectionTest() { uv_loop_init(&loop_); }
  ~WebSocketConnectionTest() override {
    connection.reset();
    Turn();
    EXPECT_EQ(uv_loop_close(&loop_), 0);
  }
  void Open(WebSocketOptions options = {}) {
    connection = WebSocketConnection::Create(&loop_, std::make_unique<TestTransport>(&wire), options);
    connection->Start(&ear);
  }
  void Turn() {
    for (int i = 0; i < 10; ++i) uv_run(&loop_, UV_RUN_NOWAIT);
  }
  bool RunUntil(const std::function<bool()>& condition) {
    for (int i = 0; i < 100'000 && !condition(); ++i) uv_run(&loop_, UV_RUN_NOWAIT);
    return condition();
  }

  uv_loop_t loop_;
  Wire wire;
  Ear ear;
  Ref<WebSocketConnection> connection;
};

TEST_F(WebSocketConnectionTest, MessagesBothWays) {
  Open();
  EXPECT_TRUE(wire.reading);
  wire.Receive(ClientFrame(kFinText, "hello") + ClientFrame(kFinBinary, "x"));
  EXPECT_EQ(ear.log, "t:hello;b:x;");
  connection->Send(true, Bytes::Static("answer"));
  connection->Send(false, Bytes());
  EXPECT_EQ(wire.Take(), ServerFrame(kFinText, "answer") + ServerFrame(kFinBinary, ""));
  EXPECT_EQ(connection->buffered(), 0u);
}

TEST_F(WebSocketConnectionTest, ClientsMask) {
  Open({.side = WebSocketSide::kClient});
  connection->Send(true, Bytes::Copy(std::string_view("secret")));
  const std::string frame = wire.Take();
  ASSERT_EQ(frame.size(), 2u + 4 + 6);
  EXPECT_EQ(static_cast<uint8_t>(frame[1]), 0x86);
  EXPECT_FALSE(frame.contains("secret"));
  MessageReader reader(WebSocketSide::kServer, nullptr, 100);
  std::span<const uint8_t> rest = AsSpan(frame);
  ASSERT_EQ(reader.Next(rest), MessageReader::Event::kMessage);
  EXPECT_EQ(reader.message(), "secret");
}

TEST_F(WebSocketConnectionTest, LargeMessagesInPieces) {
  Open({.side = WebSocketSide::kClient});
  const std::string data(1'000'000, 'd');
  wire.accept = 100'000;
  connection->Send(false, Bytes::Copy(data));
  // Not all of it is handed to a socket that is full.
  EXPECT_LT(wire.written.size(), 600'000u);
  EXPECT_GT(connection->buffered(), 800'000u);
  EXPECT_EQ(ear.drained, 0);
  wire.Drain();
  EXPECT_TRUE(RunUntil([&] { return connection->buffered() == 0; }));
  EXPECT_EQ(ear.drained, 1);
  MessageReader reader(WebSocketSide::kServer, nullptr, data.size());
  std::span<const uint8_t> rest = AsSpan(wire.written);
  ASSERT_EQ(reader.Next(rest), MessageReader::Event::kMessage);
  EXPECT_EQ(reader.message(), data);
}

TEST_F(WebSocketConnectionTest, AnswersPings) {
  Open();
  wire.Receive(ClientFrame(kFinPing, "are you there?"));
  EXPECT_EQ(wire.Take(), ServerFrame(kFinPong, "are you there?"));
  // A flood of them towards a socket that takes nothing gathers no answers.
  wire.accept = 0;
  connection->Send(false, Bytes::Copy(std::string(400'000, 'x')));
  EXPECT_TRUE(RunUntil([&] { return wire.queued >= 256 * 1024; }));
  const size_t before = wire.written.size();
  std::string flood;
  for (int i = 0; i < 10'000; ++i) flood += ClientFrame(kFinPing, "ping " + std::to_string(i % 10));
  wire.Receive(flood);
  EXPECT_TRUE(RunUntil([&] { return wire.reading; }));
  EXPECT_EQ(wire.written.size(), before);
  wire.Drain();
  EXPECT_TRUE(RunUntil([&] { return connection->buffered() == 0; }));
  EXPECT_TRUE(wire.Take().ends_with(ServerFrame(kFinPong, "ping 9")));
}

TEST_F(WebSocketConnectionTest, PeerCloses) {
  Open();
  wire.Receive(ClientFrame(kFinClose,
                           "\x0f\xa0"
                           "bye") +
               ClientFrame(kFinText, "after"));
  EXPECT_EQ(ear.log, "closing:4000:bye;");
  EXPECT_EQ(wire.Take(), ServerFrame(kFinClose, "\x0f\xa0"));
  EXPECT_TRUE(wire.shut_down);
  EXPECT_TRUE(connection->closing());
  connection->Send(true, Bytes::Static("too late"));
  EXPECT_EQ(wire.Take(), "");
  wire.observer->OnClosed("");
  EXPECT_EQ(ear.log, "closing:4000:bye;clean:4000;");
  EXPECT_EQ(ear.end->reason, "bye");
}

TEST_F(WebSocketConnectionTest, ThisSideCloses) {
  Open();
  connection->Send(true, Bytes::Static("last"));
  connection->Close(1000, "done");
  connection->Close(4000, "again");
  EXPECT_EQ(wire.Take(), ServerFrame(kFinText, "last") + ServerFrame(kFinClose,
                                                                     "\x03\xe8"
                                                                     "done"));
  EXPECT_FALSE(wire.shut_down);
  // Messages that were on the way still arrive.
  wire.Receive(ClientFrame(kFinText, "crossing") + ClientFrame(kFinClose, "\x03\xe8"));
  EXPECT_TRUE(wire.shut_down);
  wire.observer->OnClosed("");
  EXPECT_EQ(ear.log, "t:crossing;closing:1000:;clean:1000;");
}

TEST_F(WebSocketConnectionTest, ClientsWaitForTheServerToHangUp) {
  Open({.side = WebSocketSide::kClient});
  wire.Receive(ServerFrame(kFinClose, ""));
  EXPECT_EQ(ear.log, "closing:1005:;");
  EXPECT_FALSE(wire.shut_down);
  EXPECT_EQ(wire.Take().size(), 6u);
  wire.observer->OnClosed("");
  EXPECT_EQ(ear.log, "closing:1005:;clean:1005;");
}

TEST_F(WebSocketConnectionTest, OwnerAnswersTheCloseItself) {
  Open();
  connection->set_answers_close(false);
  wire.Receive(ClientFrame(kFinClose, "\x03\xe8"));
  EXPECT_EQ(wire.Take(), "");
  connection->Send(true, Bytes::Static("one more"));
  connection->Close(4001, "");
  EXPECT_EQ(wire.Take(), ServerFrame(kFinText, "one more") + ServerFrame(kFinClose, "\x0f\xa1"));
  EXPECT_TRUE(wire.shut_down);
}

TEST_F(WebSocketConnectionTest, PeerThatNeverAnswersTheClose) {
  Open({.close_timeout = std::chrono::milliseconds(5)});
  connection->Close(1000, "");
  EXPECT_TRUE(RunUntil([&] { return ear.end.has_value(); }));
  EXPECT_FALSE(ear.end->clean);
  EXPECT_EQ(ear.end->code, 1006);
  EXPECT_TRUE(wire.gone);
}

TEST_F(WebSocketConnectionTest, LostConnection) {
  Open();
  wire.observer->OnClosed("reset");
  EXPECT_EQ(ear.log, "broken:1006;");
  EXPECT_EQ(ear.end->error, "reset");
  connection->Send(true, Bytes::Static("x"));
  connection->Close(1000, "");
  connection->Abandon(1011);
}

TEST_F(WebSocketConnectionTest, ProtocolErrorEndsIt) {
  Open();
  wire.Receive(ClientFrame(kFinText, "fine") + ServerFrame(kFinText, "not masked") + ClientFrame(kFinText, "ignored"));
  EXPECT_EQ(ear.log, "t:fine;broken:1006;");
  EXPECT_TRUE(wire.written.starts_with("\x88"));
  EXPECT_TRUE(wire.written.contains("\x03\xea"));
  EXPECT_TRUE(wire.shut_down);
  connection.reset();
  EXPECT_FALSE(wire.gone);
  wire.observer->OnClosed("");
  EXPECT_TRUE(wire.gone);
}

TEST_F(WebSocketConnectionTest, ProtocolErrorInTheMiddleOfAFrame) {
  Open();
  wire.accept = 0;
  connection->Send(false, Bytes::Copy(std::string(1'000'000, 'x')));
  wire.Receive("\xff\xff");
  wire.Receive(
      "\xff\xff\xff\xff\xff\xff\xff\xff"
      "mmmm");
  EXPECT_EQ(ear.log, "broken:1006;");
  EXPECT_TRUE(wire.gone);
}

TEST_F(WebSocketConnectionTest, PauseHoldsMessagesBack) {
  Open();
  ear.on_message = [&](bool, std::string&) { connection->Pause(); };
  wire.Receive(ClientFrame(kFinText, "1") + ClientFrame(kFinText, "2") + ClientFrame(kFinText, "3"));
  EXPECT_EQ(ear.log, "t:1;");
  EXPECT_FALSE(wire.reading);
  Turn();
  EXPECT_EQ(ear.log, "t:1;");
  connection->Resume();
  EXPECT_EQ(ear.log, "t:1;");  // never from within
  EXPECT_TRUE(RunUntil([&] { return ear.log == "t:1;t:2;"; }));
  ear.on_message = nullptr;
  connection->Resume();
  EXPECT_TRUE(RunUntil([&] { return ear.log == "t:1;t:2;t:3;"; }));
  EXPECT_TRUE(RunUntil([&] { return wire.reading; }));
}

TEST_F(WebSocketConnectionTest, ManySmallMessagesYield) {
  Open();
  int count = 0;
  ear.on_message = [&](bool, std::string&) {
    ++count;
    const uint64_t begin = uv_hrtime();
    while (uv_hrtime() - begin < 200'000) {
    }
  };
  std::string flood;
  for (int i = 0; i < 100; ++i) flood += ClientFrame(kFinText, "x");
  wire.Receive(flood);
  EXPECT_LT(count, 100);
  EXPECT_FALSE(wire.reading);
  EXPECT_TRUE(RunUntil([&] { return count == 100; }));
  EXPECT_TRUE(wire.reading);
}

// A message that compresses well never fills the socket: only time stops it.
TEST_F(WebSocketConnectionTest, CompressingALotYields) {
  Open({.deflate = DeflateParameters{}});
  connection->Send(true, Bytes::Copy(std::string(30 * 1024 * 1024, 'x')));
  EXPECT_GT(connection->buffered(), 0u);
  EXPECT_TRUE(RunUntil([&] { return connection->buffered() == 0; }));
  EXPECT_LT(wire.written.size(), 1024u * 1024);
  EXPECT_EQ(ear.drained, 1);
}

TEST_F(WebSocketConnectionTest, LetGoFromWithinEachCall) {
  Open();
  ear.on_message = [&](bool, std::string&) {
    connection->Abandon(1011);
    connection.reset();
  };
  wire.Receive(ClientFrame(kFinText, "1") + ClientFrame(kFinText, "2"));
  EXPECT_EQ(ear.log, "t:1;");
  EXPECT_EQ(wire.Take(), ServerFrame(kFinClose, "\x03\xf3"));
  wire.observer->OnClosed("");
  EXPECT_TRUE(wire.gone);
}

TEST_F(WebSocketConnectionTest, DroppedWithoutAWord) {
  Open();
  connection.reset();
  EXPECT_TRUE(wire.gone);
}

TEST_F(WebSocketConnectionTest, Draining) {
  Open();
  wire.observer->OnDraining();
  EXPECT_EQ(wire.Take(), ServerFrame(kFinClose, "\x03\xe9"));
  wire.Receive(ClientFrame(kFinClose, "\x03\xe9"));
  EXPECT_TRUE(wire.shut_down);
  wire.observer->OnClosed("");
  EXPECT_EQ(ear.log, "closing:1001:;clean:1001;");
}

TEST_F(WebSocketConnectionTest, Compression) {
  const DeflateParameters deflate{.client_max_window_bits = 12, .server_max_window_bits = 12};
  Open({.deflate = deflate});
  Wire far_wire;
  Ear far_ear;
  auto far = WebSocketConnection::Create(&loop_, std::make_unique<TestTransport>(&far_wire),
                                         {.side = WebSocketSide::kClient, .deflate = deflate});
  far->Start(&far_ear);
  std::string heard;
  far_ear.on_message = [&](bool, std::string& data) { heard = data; };
  std::string text;
  for (int i = 0; i < 30'000; ++i) text += std::to_string(i) + ", ";
  for (const std::string& each : {std::string("small"), std::string(1000, 'a'), text, std::string(1000, 'a')}) {
    connection->Send(true, Bytes::Copy(each));
    EXPECT_TRUE(RunUntil([&] { return connection->buffered() == 0; }));
    const std::string bytes = wire.Take();
    if (each.size() > 100) EXPECT_LT(bytes.size(), each.size());
    far_wire.Receive(bytes);
    EXPECT_TRUE(RunUntil([&] { return heard == each; }));
    far->Send(true, Bytes::Copy(each));
    EXPECT_TRUE(RunUntil([&] { return far->buffered() == 0; }));
    wire.Receive(far_wire.Take());
    Turn();
  }
  EXPECT_TRUE(RunUntil([&] { return ear.log == far_ear.log; }));
  far.reset();
}

TEST_F(WebSocketConnectionTest, Bridge) {
  connection = WebSocketConnection::Create(&loop_, std::make_unique<TestTransport>(&wire), {});
  Wire other;
  auto client =
      WebSocketConnection::Create(&loop_, std::make_unique<TestTransport>(&other), {.side = WebSocketSide::kClient});
  BridgeWebSockets(connection, client);
  client.reset();
  connection.reset();
  wire.Receive(ClientFrame(kFinText, "to the origin"));
  EXPECT_EQ(other.Take().size(), 6u + 13);
  other.Receive(ServerFrame(kFinText, "to the client"));
  EXPECT_EQ(wire.Take(), ServerFrame(kFinText, "to the client"));
  // The slower side sets the pace.
  wire.accept = 0;
  for (int i = 0; i < 20; ++i) other.Receive(ServerFrame(kFinBinary, std::string(60'000, 'x')));
  EXPECT_FALSE(other.reading);
  wire.Drain();
  EXPECT_TRUE(RunUntil([&] { return other.reading; }));
  wire.Take();
  wire.Receive(ClientFrame(kFinClose,
                           "\x0f\xa0"
                           "bye"));
  EXPECT_EQ(other.Take().size(), 6u + 5);
  other.Receive(ServerFrame(kFinClose, "\x0f\xa0"));
  EXPECT_EQ(wire.Take(), ServerFrame(kFinClose, "\x0f\xa0"));
  other.observer->OnClosed("");
  wire.observer->OnClosed("");
  EXPECT_TRUE(wire.gone);
  EXPECT_TRUE(other.gone);
}

TEST_F(WebSocketConnectionTest, BridgeWithALostSide) {
  connection = WebSocketConnection::Create(&loop_, std::make_unique<TestTransport>(&wire), {});
  Wire other;
  auto client =
      WebSocketConnection::Create(&loop_, std::make_unique<TestTransport>(&other), {.side = WebSocketSide::kClient});
  BridgeWebSockets(std::exchange(connection, nullptr), std::exchange(client, nullptr));
  other.observer->OnClosed("reset");
  EXPECT_TRUE(other.gone);
  EXPECT_EQ(wire.Take(), ServerFrame(kFinClose, "\x03\xf3"));
  wire.Receive(ClientFrame(kFinClose, "\x03\xf3"));
  EXPECT_TRUE(wire.shut_down);
  wire.observer->OnClosed("");
  EXPECT_TRUE(wire.gone);
}

}  // namespace
}  // namespace verge::http
