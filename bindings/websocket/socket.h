// The state behind a WebSocket object: one end of a WebSocketPair, of a connection to a client, or of one that the
// worker made itself (https://websockets.spec.whatwg.org/, and accept() as Workers have it).
//
// JavaScript never causes a write to a socket below itself: what it sends is flushed when the isolate is left. What
// arrives enters the isolate from the loop, each message as a turn of its own. Between two ends of a pair that are both
// in the worker messages go through the loop, too: a pair that plays ping-pong with itself starves nobody.
#ifndef BINDINGS_WEBSOCKET_SOCKET_H_
#define BINDINGS_WEBSOCKET_SOCKET_H_

#include <v8.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bindings/core/convert.h"
#include "bindings/core/error.h"
#include "http/bytes.h"
#include "http/ref_counted.h"
#include "http/websocket/connection.h"
#include "runtime/invocation.h"
#include "runtime/js_entry.h"
#include "runtime/leave_task.h"
#include "runtime/shard.h"

namespace verge::bindings {

class Dialer;

class Socket final : public http::RefCounted,
                     private runtime::PendingIo,
                     private runtime::LeaveTask,
                     private http::WebSocketObserver {
 public:
  enum class Kind : uint8_t {
    kPair,      // from WebSocketPair
    kResponse,  // from a response to fetch()
    kStandard,  // from `new WebSocket()`: accepts itself, errors as on the Web
  };

  // https://websockets.spec.whatwg.org/#dom-websocket-readystate
  enum class State : uint8_t { kConnecting, kOpen, kClosing, kClosed };

  // They belong to the invocation that runs: calls from other ones are refused, its end is theirs.
  static Result<std::pair<http::Ref<Socket>, http::Ref<Socket>>> NewPair(Cx& cx);
  // A connection whose handshake is done; accept() begins reading.
  static http::Ref<Socket> ForResponse(v8::Isolate* isolate, runtime::Invocation* invocation,
                                       http::Ref<http::WebSocketConnection> connection, std::string protocol,
                                       std::string extensions);
  // Connects. `wrapper` is the WebSocket object.
  static Result<http::Ref<Socket>> Dial(Cx& cx, v8::Local<v8::Object> wrapper, std::string_view url,
                                        std::vector<std::string> protocols);
  ~Socket() override;

  // --- For JavaScript
  Result<> Accept(Cx& cx, v8::Local<v8::Object> wrapper, bool half_open);
  // `data` of a text must be UTF-8.
  Result<> Send(Cx& cx, bool text, http::Bytes data);
  Result<> Close(Cx& cx, std::optional<uint16_t> code, std::string_view reason);
  // Whether so many bytes may be sent now; what Send says otherwise.
  [[nodiscard]] bool HasRoomFor(uint64_t size) const;
  static Result<> BufferFull();
  [[nodiscard]] State state() const;
  [[nodiscard]] double BufferedAmount() const;
  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] const std::string& origin() const { return origin_; }
  [[nodiscard]] const std::string& protocol() const { return protocol_; }
  [[nodiscard]] const std::string& extensions() const { return extensions_; }
  [[nodiscard]] bool delivers_blobs() const { return delivers_blobs_; }
  void set_delivers_blobs(bool blobs) { delivers_blobs_ = blobs; }

  // --- For responses with status 101

  // It is this invocation's, and neither accepted nor used in a response before; the latter from now on.
  Result<> TakeForResponse(const runtime::Invocation& invocation);
  // Joins the client's connection with whoever holds the other end. After TakeForResponse.
  void Couple(http::Ref<http::WebSocketConnection> client);
  // There is no connection after all.
  void Disconnect();

 private:
  friend class Dialer;

  // On its way from one end of a pair to the other, or to the connection.
  struct Item {
    enum class Kind : uint8_t { kText, kBinary, kClose, kGone } kind = Kind::kText;
    http::Bytes data;  // of kClose: the reason
    uint16_t code = 0;
  };

  Socket(v8::Isolate* isolate, runtime::Invocation* invocation, Kind kind);

  // http::WebSocketObserver
  void OnMessage(bool text, std::string& data) override;
  void OnClosing(uint16_t code, std::string_view reason) override;
  void OnEnd(const http::WebSocketEnd& end) override;
  void OnDrained() override;
  // runtime::PendingIo
  void OnInvocationEnd() override;
  // runtime::LeaveTask
  void OnIsolateLeft() override;

  [[nodiscard]] Result<> RequireOwner(Cx& cx) const;
  // The one it belongs to, if JavaScript may be entered for it.
  [[nodiscard]] runtime::Invocation* RunningOwner() const;

  // Client connections (dialer.cc).
  void OnDialed(http::Ref<http::WebSocketConnection> connection, std::string protocol, std::string extensions);
  void OnDialFailed(std::string_view error);

  void Queue(Item item);
  void Flush();
  void SendTo(http::WebSocketConnection& connection, Item item) const;
  void Arrived();
  void DeliverInbox();
  void DeliverMessage(bool text, std::string_view data);
  void PeerClosed(uint16_t code, std::string_view reason);
  void End(bool clean, uint16_t code, std::string_view reason, std::string_view error);
  void FireClose(runtime::JsEntry& entry, bool clean, uint16_t code, std::string_view reason);
  void Fire(runtime::JsEntry& entry, int event, v8::Local<v8::Value> first, v8::Local<v8::Value> second,
            v8::Local<v8::Value> third);
  void StartConnection();
  void UpdateListing();
  void Detach(uint16_t code);
  void Account();

  runtime::Shard* const shard_;
  const uint32_t owner_;
  const Kind kind_;
  // Bytes that all sockets of the isolate hold: what a worker sends to nobody who reads must end somewhere.
  const std::shared_ptr<size_t> usage_;
  const size_t usage_limit_;
  size_t accounted_ = 0;

  std::string url_;
  std::string origin_;
  std::string protocol_;
  std::string extensions_;
  bool delivers_blobs_ = false;

  // The WebSocket object, while events can come.
  v8::Global<v8::Object> wrapper_;
  http::Ref<Socket> self_;
  http::Ref<Dialer> dialer_;  // while connecting

  // One of the two, or none.
  Socket* sibling_ = nullptr;
  http::Ref<http::WebSocketConnection> connection_;

  std::deque<Item> inbox_;  // from the sibling, not delivered
  size_t inbox_bytes_ = 0;
  std::vector<Item> outbox_;  // of this turn
  size_t outbox_bytes_ = 0;
  double unsent_ = 0;  // sent after the end: bufferedAmount never forgets them

  bool holds_ = false;        // the invocation
  bool active_ = false;       // listed as what can bring something by itself
  bool from_client_ = false;  // the connection is the invocation's own client's
  bool accepted_ = false;
  bool taken_ = false;
  bool half_open_ = false;
  bool start_due_ = false;  // the connection is to be read
  bool delivery_due_ = false;
  bool close_called_ = false;
  bool close_received_ = false;
  bool close_fired_ = false;
  bool ended_ = false;
};

}  // namespace verge::bindings

#endif  // BINDINGS_WEBSOCKET_SOCKET_H_
