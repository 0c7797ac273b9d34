// The server's half of the opening handshake: a worker's 101 response becomes a WebSocket connection.
#ifndef BINDINGS_WEBSOCKET_UPGRADE_H_
#define BINDINGS_WEBSOCKET_UPGRADE_H_

#include <uv.h>

#include <span>

#include "bindings/websocket/socket.h"
#include "http/message.h"
#include "http/server.h"

namespace verge::bindings {

// Answers `exchange`, a request with "Upgrade: websocket", and couples its connection with `socket`, which was taken
// for the response. `headers` are the response's. A request that is not a correct handshake gets 400 or 426, and the
// socket's other end hears that the connection is gone. Not below JavaScript.
void RespondWithWebSocket(uv_loop_t* loop, http::Exchange& exchange, std::span<const http::HeaderField> headers,
                          Socket& socket);

}  // namespace verge::bindings

#endif  // BINDINGS_WEBSOCKET_UPGRADE_H_
