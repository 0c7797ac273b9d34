#include "bindings/websocket/socket_handle.h"

#include <memory>

#include "bindings/blob/blob.h"

namespace verge::bindings {
namespace {

Result<v8::Local<v8::Value>> Wrap(Cx& cx, std::unique_ptr<SocketHandle> handle) {
  v8::Local<v8::Object> object;
  if (!NewObject(cx.isolate, std::move(handle)).ToLocal(&object)) return Pending();
  return object.As<v8::Value>();
}

Result<v8::Local<v8::Value>> NewWebSocketPair(Cx& cx) {
  auto pair = Socket::NewPair(cx);
  if (!pair) return std::unexpected(pair.error());
  return Wrap(cx, std::make_unique<SocketHandle>(std::move(pair->first), std::move(pair->second)));
}

Result<v8::Local<v8::Value>> DialWebSocket(Cx& cx, v8::Local<v8::Object> wrapper, std::string url,
                                           std::optional<std::variant<std::string, std::vector<std::string>>> given) {
  std::vector<std::string> protocols;
  if (given) {
    if (auto* one = std::get_if<std::string>(&*given)) {
      protocols.push_back(std::move(*one));
    } else {
      protocols = std::move(std::get<std::vector<std::string>>(*given));
    }
  }
  auto socket = Socket::Dial(cx, wrapper, url, std::move(protocols));
  if (!socket) return std::unexpected(socket.error());
  return Wrap(cx, std::make_unique<SocketHandle>(*std::move(socket)));
}

}  // namespace

constinit const GlobalFunction kSocketNatives[2] = {
    Function<"newWebSocketPair", &NewWebSocketPair>(),
    Function<"dialWebSocket", &DialWebSocket>(),
};

Result<v8::Local<v8::Value>> SocketHandle::TakeOther(Cx& cx) {
  if (!other_) return PlainError("taken already");
  return Wrap(cx, std::make_unique<SocketHandle>(std::move(other_)));
}

Result<> SocketHandle::Send(Cx& cx, v8::Local<v8::Value> data) {
  if (Convert<BufferSource>::Accepts(data)) {
    BufferSource source;
    if (!Convert<BufferSource>::From(cx, data, &source)) return Pending();
    return socket_->Send(cx, false, http::Bytes::Copy(std::span<const uint8_t>(source.bytes())));
  }
  std::string text;
  if (auto* blob = Unwrap<Blob>(data)) {
    // Pieces that it shares with itself may make it larger than memory.
    if (!socket_->HasRoomFor(blob->data().size)) return Socket::BufferFull();
    return socket_->Send(cx, false, http::Bytes::Take(blob->data().ToString()));
  }
  if (!Convert<std::string>::From(cx, data, &text)) return Pending();
  return socket_->Send(cx, true, http::Bytes::Take(std::move(text)));
}

Result<> SocketHandle::Close(Cx& cx, std::optional<Clamp<uint16_t>> code, std::optional<std::string> reason) {
  return socket_->Close(cx, code ? std::optional(code->value) : std::nullopt,
                        reason ? std::string_view(*reason) : std::string_view());
}

}  // namespace verge::bindings
