// WebSocket and WebSocketPair.
#ifndef BINDINGS_WEBSOCKET_WEBSOCKET_FAMILY_H_
#define BINDINGS_WEBSOCKET_WEBSOCKET_FAMILY_H_

#include "bindings/core/family.h"

namespace verge::bindings {

extern const Family kWebSocketFamily;

}  // namespace verge::bindings

#endif  // BINDINGS_WEBSOCKET_WEBSOCKET_FAMILY_H_
