#include "http/websocket/bridge.h"

#include <utility>

namespace verge::http {

namespace {

// A side is not read while so much waits for the other one.
constexpr size_t kHighWater = 1024 * 1024;

class Bridge {
 public:
  Bridge(Ref<WebSocketConnection> first, Ref<WebSocketConnection> second) {
    first_.connection = std::move(first);
    second_.connection = std::move(second);
    first_.other = &second_;
    second_.other = &first_;
    first_.bridge = second_.bridge = this;
  }

  void Start() {
    first_.connection->Start(&first_);
    second_.connection->Start(&second_);
  }

 private:
  struct Side final : WebSocketObserver {
    Bridge* bridge = nullptr;
    Side* other = nullptr;
    Ref<WebSocketConnection> connection;
    bool ended = false;

    void OnMessage(bool text, std::string& data) override {
      if (other->ended) return;
      other->connection->Send(text, Bytes::Take(std::move(data)));
      if (other->connection->buffered() > kHighWater) connection->Pause();
    }
    void OnClosing(uint16_t code, std::string_view reason) override {
      if (!other->ended) other->connection->Close(code, reason);
    }
    void OnEnd(const WebSocketEnd& end) override {
      ended = true;
      if (other->ended) {
        delete bridge;
        return;
      }
      // A clean end was passed on by OnClosing; when both close at once, each got its own.
      if (!end.clean) {
        other->ended = true;
        other->connection->Abandon(websocket_code::kInternalError);
        delete bridge;
      }
    }
    void OnDrained() override {
      if (!other->ended) other->connection->Resume();
    }
  };

  Side first_;
  Side second_;
};

}  // namespace

void BridgeWebSockets(Ref<WebSocketConnection> first, Ref<WebSocketConnection> second) {
  if (first->ended() || second->ended()) {
    first->Abandon(websocket_code::kInternalError);
    second->Abandon(websocket_code::kInternalError);
    return;
  }
  // Owns itself: deletes itself when the second side has ended.
  auto* bridge = new Bridge(std::move(first), std::move(second));
  bridge->Start();
}

}  // namespace verge::http
