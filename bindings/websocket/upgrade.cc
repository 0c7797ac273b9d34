#include "bindings/websocket/upgrade.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings/websocket/client_handshake.h"
#include "http/client/transport.h"
#include "http/websocket/handshake.h"

namespace verge::bindings {

void RespondWithWebSocket(uv_loop_t* loop, http::Exchange& exchange, std::span<const http::HeaderField> headers,
                          Socket& socket) {
  const auto request = http::ReadWebSocketRequest(*exchange.head());
  if (!request) {
    const bool version = exchange.head()->header("sec-websocket-version").value_or("13") != "13";
    const http::HeaderField fields[] = {{"Content-Type", "text/plain; charset=utf-8"}, {"Sec-WebSocket-Version", "13"}};
    const std::string text = request.error() + "\n";
    exchange.Respond({.status = version ? 426 : 400, .status_text = {}, .headers = fields}, std::string_view(text));
    socket.Disconnect();
    return;
  }
  std::vector<http::HeaderField> fields = {{"Sec-WebSocket-Accept", request->accept}};
  std::string extensions;
  const std::optional<http::DeflateParameters> deflate = http::ChooseDeflate(request->extensions);
  if (deflate) {
    extensions = http::DeflateResponse(*deflate);
    fields.push_back({"Sec-WebSocket-Extensions", extensions});
  }
  for (const http::HeaderField& field : headers) {
    // The subprotocol is the worker's to choose.
    if (!ClientHandshake::Owns(field.name) || http::EqualsIgnoreCase(field.name, "sec-websocket-protocol")) {
      fields.push_back(field);
    }
  }
  std::unique_ptr<http::Transport> transport = exchange.RespondUpgrade("websocket", fields);
  if (!transport) {
    // The client has gone, or the server is about to.
    exchange.Respond({.status = 503, .status_text = {}, .headers = {}}, std::monostate());
    socket.Disconnect();
    return;
  }
  http::WebSocketOptions options;
  options.side = http::WebSocketSide::kServer;
  options.deflate = deflate;
  socket.Couple(http::WebSocketConnection::Create(loop, std::move(transport), options));
}

}  // namespace verge::bindings
