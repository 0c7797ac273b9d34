// The client's half of the opening handshake: the fields to send, and what to make of a 101 response. For `new
// WebSocket()` and for a fetch() with "Upgrade: websocket".
#ifndef BINDINGS_WEBSOCKET_CLIENT_HANDSHAKE_H_
#define BINDINGS_WEBSOCKET_CLIENT_HANDSHAKE_H_

#include <uv.h>
#include <v8.h>

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bindings/core/convert.h"
#include "http/client/client.h"
#include "http/client/transport.h"
#include "http/websocket/connection.h"
#include "runtime/invocation.h"

namespace verge::bindings {

class ClientHandshake {
 public:
  // Offers these subprotocols, in this order.
  explicit ClientHandshake(std::vector<std::string> protocols);
  // As in a Sec-WebSocket-Protocol field.
  static std::vector<std::string> SplitProtocols(std::string_view field);

  // Whether a field of this name is the handshake's, so that one that the worker gave is left out.
  static bool Owns(std::string_view name);

  // Appends the fields; the views live as long as this object. The request's `upgrade` is "websocket".
  void AppendTo(std::vector<http::HeaderField>& headers) const;

  struct Opened {
    http::Ref<http::WebSocketConnection> connection;
    std::string protocol;
    std::string extensions;
  };
  // The response was 101. An error says what is wrong with it; the transport is closed then.
  std::expected<Opened, std::string> Finish(uv_loop_t* loop, const http::ClientResponse& response,
                                            std::unique_ptr<http::Transport> transport) const;

  [[nodiscard]] const std::vector<std::string>& protocols() const { return protocols_; }

 private:
  const std::vector<std::string> protocols_;
  std::string protocol_field_;
  const std::string key_;
};

// The WebSocket object for a response's `webSocket`: it belongs to `invocation`, and nothing is read before accept().
// Empty: termination.
v8::MaybeLocal<v8::Object> NewResponseWebSocket(v8::Isolate* isolate, v8::Local<v8::Context> context,
                                                runtime::Invocation* invocation, ClientHandshake::Opened opened);

}  // namespace verge::bindings

#endif  // BINDINGS_WEBSOCKET_CLIENT_HANDSHAKE_H_
