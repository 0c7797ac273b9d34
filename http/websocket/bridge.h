// Joins two WebSockets, so that each hears what the other says: a worker that passes a WebSocket on.
#ifndef HTTP_WEBSOCKET_BRIDGE_H_
#define HTTP_WEBSOCKET_BRIDGE_H_

#include "http/websocket/connection.h"

namespace verge::http {

// Lives until both have ended. The slower side sets the pace.
void BridgeWebSockets(Ref<WebSocketConnection> first, Ref<WebSocketConnection> second);

}  // namespace verge::http

#endif  // HTTP_WEBSOCKET_BRIDGE_H_
