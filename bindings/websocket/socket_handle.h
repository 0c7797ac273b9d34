// The object behind a WebSocket's private field: what websocket/web_socket.js calls.
#ifndef BINDINGS_WEBSOCKET_SOCKET_HANDLE_H_
#define BINDINGS_WEBSOCKET_SOCKET_HANDLE_H_

#include <v8.h>

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "bindings/core/convert.h"
#include "bindings/core/function.h"
#include "bindings/core/object.h"
#include "bindings/websocket/socket.h"
#include "http/ref_counted.h"

namespace verge::bindings {

class SocketHandle final : public Native {
 public:
  static const ClassSpec kSpec;

  explicit SocketHandle(http::Ref<Socket> socket, http::Ref<Socket> other = nullptr)
      : socket_(std::move(socket)), other_(std::move(other)) {}

  [[nodiscard]] const http::Ref<Socket>& socket() const { return socket_; }

  Result<> Accept(Cx& cx, v8::Local<v8::Object> wrapper, bool half_open) {
    return socket_->Accept(cx, wrapper, half_open);
  }
  Result<> Send(Cx& cx, v8::Local<v8::Value> data);
  Result<> Close(Cx& cx, std::optional<Clamp<uint16_t>> code, std::optional<std::string> reason);
  int32_t ReadyState() { return static_cast<int32_t>(socket_->state()); }
  double BufferedAmount() { return socket_->BufferedAmount(); }
  std::string Url() { return socket_->url(); }
  std::string Origin() { return socket_->origin(); }
  std::string Protocol() { return socket_->protocol(); }
  std::string Extensions() { return socket_->extensions(); }
  bool DeliversBlobs() { return socket_->delivers_blobs(); }
  void DeliverBlobs(bool blobs) { socket_->set_delivers_blobs(blobs); }
  // Of a new pair: the other end, once.
  Result<v8::Local<v8::Value>> TakeOther(Cx& cx);

 private:
  const http::Ref<Socket> socket_;
  http::Ref<Socket> other_;
};

inline constexpr Member kSocketHandleMembers[] = {
    Table<SocketHandle>::Method<"accept", &SocketHandle::Accept>(),
    Table<SocketHandle>::Method<"send", &SocketHandle::Send>(),
    Table<SocketHandle>::Method<"close", &SocketHandle::Close>(),
    Table<SocketHandle>::Method<"readyState", &SocketHandle::ReadyState>(),
    Table<SocketHandle>::Method<"bufferedAmount", &SocketHandle::BufferedAmount>(),
    Table<SocketHandle>::Method<"url", &SocketHandle::Url>(),
    Table<SocketHandle>::Method<"origin", &SocketHandle::Origin>(),
    Table<SocketHandle>::Method<"protocol", &SocketHandle::Protocol>(),
    Table<SocketHandle>::Method<"extensions", &SocketHandle::Extensions>(),
    Table<SocketHandle>::Method<"deliversBlobs", &SocketHandle::DeliversBlobs>(),
    Table<SocketHandle>::Method<"deliverBlobs", &SocketHandle::DeliverBlobs>(),
    Table<SocketHandle>::Method<"takeOther", &SocketHandle::TakeOther>(),
};
inline constexpr ClassSpec SocketHandle::kSpec = {
    .name = "WebSocketHandle", .members = kSocketHandleMembers, .exposed = false};

// Functions for web_socket.js.
extern const GlobalFunction kSocketNatives[2];

}  // namespace verge::bindings

#endif  // BINDINGS_WEBSOCKET_SOCKET_HANDLE_H_
