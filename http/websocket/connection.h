// One WebSocket over an upgraded connection: messages in, messages out, the closing handshake (RFC 6455).
//
// Input is parsed as the observer takes it: nothing is read ahead of a paused one, and a burst of small messages yields
// to the loop's other work. Output is encoded as the socket takes it: what waits is the caller's memory, compressed and
// masked in pieces when its turn has come.
#ifndef HTTP_WEBSOCKET_CONNECTION_H_
#define HTTP_WEBSOCKET_CONNECTION_H_

#include <uv.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/bytes.h"
#include "http/client/transport.h"
#include "http/ref_counted.h"
#include "http/websocket/deflate.h"
#include "http/websocket/frame.h"
#include "http/websocket/message_reader.h"

namespace verge::http {

struct WebSocketOptions {
  WebSocketSide side = WebSocketSide::kServer;
  std::optional<DeflateParameters> deflate = std::nullopt;  // as negotiated
  size_t max_message_size = 32 * 1024 * 1024;               // larger: closed with 1009
  std::chrono::milliseconds close_timeout{10'000};          // from a close frame to the end of the connection
};

// How it ended.
struct WebSocketEnd {
  uint16_t code = websocket_code::kAbnormal;  // the peer's close frame's; kNoStatus: it had none
  std::string reason;
  bool clean = false;  // both sides said goodbye
  std::string error;   // what was wrong; "" for a clean end
};

// Hears one connection, on the loop's thread. May let go of the connection from within each call.
class WebSocketObserver {
 public:
  // Text is valid UTF-8. The memory may be taken.
  virtual void OnMessage(bool text, std::string& data) = 0;
  // The peer's close frame came: there are no messages any more. Unless told otherwise the connection answers it.
  virtual void OnClosing(uint16_t code, std::string_view reason) = 0;
  // Nothing follows.
  virtual void OnEnd(const WebSocketEnd& end) = 0;
  // What was sent is in the kernel.
  virtual void OnDrained() = 0;

 protected:
  ~WebSocketObserver() = default;
};

class WebSocketConnection final : public RefCounted, private TransportObserver {
 public:
  static Ref<WebSocketConnection> Create(uv_loop_t* loop, std::unique_ptr<Transport> transport,
                                         const WebSocketOptions& options);

  // From now on `observer` hears it. The first call begins reading, from the loop; later ones replace the observer.
  void Start(WebSocketObserver* observer);

  // Whether OnClosing is followed by an answer by itself (the default), or by the owner's Close.
  void set_answers_close(bool answers) { answers_close_ = answers; }

  // Nothing happens after Close. `data` of a text must be UTF-8.
  void Send(bool text, Bytes data);

  // Starts the closing handshake, or answers it, after what was sent before. kNoStatus: without a code. Once.
  void Close(uint16_t code, std::string_view reason);

  // The owner is gone: the observer hears no more. The peer is told `code`, unless it was told something before, and
  // the connection ends by itself.
  void Abandon(uint16_t code);

  // Between Cork and Uncork sending gathers bytes; then they go out together.
  void Cork() { ++corks_; }
  void Uncork() {
    if (--corks_ == 0) Write();
  }

  // No messages until Resume. Calls do not nest.
  void Pause();
  void Resume();

  // Payload and frames that the kernel has not taken yet.
  [[nodiscard]] size_t buffered() const { return queued_ + unwritten_.size() + transport_queued_; }

  // A goodbye was said, by either side, or it is over: what is sent now is dropped.
  [[nodiscard]] bool closing() const { return close_wanted_ || close_received_ || ended_; }
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  class Timer;

  // More than this is not handed to the transport ahead of the socket.
  static constexpr size_t kHighWater = 256 * 1024;
  // Messages are compressed and masked in pieces of this size.
  static constexpr size_t kPiece = 64 * 1024;
  // Smaller messages are not worth compressing.
  static constexpr size_t kCompressFrom = 64;
  // Messages are delivered, or compressed and masked, for so long (ns) before others get their turn.
  static constexpr uint64_t kTurn = 1'000'000;

  struct Outgoing {
    Bytes data;
    size_t sent = 0;
    bool text = false;
    bool compressed = false;
    WebSocketMask mask{};
  };

  WebSocketConnection(uv_loop_t* loop, std::unique_ptr<Transport> transport, const WebSocketOptions& options);
  ~WebSocketConnection() override;

  // TransportObserver
  void OnRead(std::span<const uint8_t> data) override;
  void OnDrained() override;
  void OnClosed(std::string_view error) override;
  void OnDraining() override;

  void Process(std::span<const uint8_t> data);
  void ContinueLater();
  void Continue();
  void UpdateReading();
  bool Deliver(MessageReader::Event event);
  void OnCloseFrame();
  void Fail(uint16_t code, std::string_view text);

  void Write();
  void AppendPiece(Outgoing& message);
  void WriteCloseFrame();
  void FinishIfClosed();
  void End(bool clean, std::string_view error);
  void Disconnect();

  uv_loop_t* const loop_;
  const WebSocketOptions options_;
  std::unique_ptr<Transport> transport_;  // null: disconnected
  std::unique_ptr<Transport> retired_;    // it may be on the stack
  WebSocketObserver* observer_ = nullptr;
  Ref<WebSocketConnection> self_;  // while it ends on its own
  Timer* continue_timer_ = nullptr;
  Timer* close_timer_ = nullptr;

  // Input.
  MessageReader reader_;
  std::string input_;  // read, but not parsed
  size_t input_begin_ = 0;
  bool started_ = false;
  bool processing_ = false;
  bool paused_ = false;         // by the owner
  bool yielding_ = false;       // until the continue timer
  bool reading_ = false;        // the transport is
  bool writing_later_ = false;  // by the continue timer

  // Output.
  std::unique_ptr<MessageDeflater> deflater_;
  std::deque<Outgoing> outgoing_;
  size_t queued_ = 0;      // payload in it
  std::string unwritten_;  // frames
  size_t transport_queued_ = 0;
  std::optional<std::string> pong_;
  int corks_ = 0;
  bool drain_due_ = false;

  // The end.
  bool answers_close_ = true;
  bool close_wanted_ = false;  // this side's close frame is sent after the messages
  std::string close_payload_;
  bool close_sent_ = false;
  bool close_received_ = false;
  bool shut_down_ = false;
  bool failed_ = false;
  bool ended_ = false;
  uint16_t peer_code_ = 0;
  std::string peer_reason_;
};

}  // namespace verge::http

#endif  // HTTP_WEBSOCKET_CONNECTION_H_
