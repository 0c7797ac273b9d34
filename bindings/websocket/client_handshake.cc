#include "bindings/websocket/client_handshake.h"

#include <algorithm>
#include <array>
#include <utility>

#include "bindings/core/realm.h"
#include "bindings/websocket/socket.h"
#include "bindings/websocket/socket_handle.h"
#include "http/message.h"
#include "http/websocket/handshake.h"

namespace verge::bindings {

ClientHandshake::ClientHandshake(std::vector<std::string> protocols)
    : protocols_(std::move(protocols)), key_(http::NewWebSocketKey()) {
  for (const std::string& protocol : protocols_) {
    if (!protocol_field_.empty()) protocol_field_ += ", ";
    protocol_field_ += protocol;
  }
}

std::vector<std::string> ClientHandshake::SplitProtocols(std::string_view field) {
  std::vector<std::string> protocols;
  while (!field.empty()) {
    const size_t comma = std::min(field.find(','), field.size());
    std::string_view item = field.substr(0, comma);
    field.remove_prefix(std::min(comma + 1, field.size()));
    while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
    while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
    if (http::IsToken(item)) protocols.emplace_back(item);
  }
  return protocols;
}

bool ClientHandshake::Owns(std::string_view name) {
  static constexpr std::array<std::string_view, 6> kNames = {"sec-websocket-key",      "sec-websocket-version",
                                                             "sec-websocket-protocol", "sec-websocket-extensions",
                                                             "sec-websocket-accept",   "upgrade"};
  return std::ranges::any_of(kNames, [&](std::string_view each) { return http::EqualsIgnoreCase(each, name); });
}

void ClientHandshake::AppendTo(std::vector<http::HeaderField>& headers) const {
  headers.push_back({"Sec-WebSocket-Key", key_});
  headers.push_back({"Sec-WebSocket-Version", "13"});
  headers.push_back({"Sec-WebSocket-Extensions", http::kDeflateOffer});
  if (!protocol_field_.empty()) headers.push_back({"Sec-WebSocket-Protocol", protocol_field_});
}

std::expected<ClientHandshake::Opened, std::string> ClientHandshake::Finish(
    uv_loop_t* loop, const http::ClientResponse& response, std::unique_ptr<http::Transport> transport) const {
  auto agreement = http::ReadWebSocketResponse(response.headers(), key_, protocols_, true);
  if (!agreement) return std::unexpected(std::move(agreement.error()));
  http::WebSocketOptions options;
  options.side = http::WebSocketSide::kClient;
  options.deflate = agreement->deflate;
  return Opened{.connection = http::WebSocketConnection::Create(loop, std::move(transport), options),
                .protocol = std::move(agreement->protocol),
                .extensions = std::move(agreement->extensions)};
}

v8::MaybeLocal<v8::Object> NewResponseWebSocket(v8::Isolate* isolate, v8::Local<v8::Context> context,
                                                runtime::Invocation* invocation, ClientHandshake::Opened opened) {
  auto handle = std::make_unique<SocketHandle>(Socket::ForResponse(
      isolate, invocation, std::move(opened.connection), std::move(opened.protocol), std::move(opened.extensions)));
  v8::Local<v8::Object> object;
  if (!NewObject(isolate, std::move(handle)).ToLocal(&object)) return {};
  v8::Local<v8::Value> arguments[] = {object};
  v8::Local<v8::Value> web_socket;
  if (!Realm::From(isolate).CallInternal(context, Name::kCreateWebSocket, arguments).ToLocal(&web_socket) ||
      !web_socket->IsObject()) {
    return {};
  }
  return web_socket.As<v8::Object>();
}

}  // namespace verge::bindings
