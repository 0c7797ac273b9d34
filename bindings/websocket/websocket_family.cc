#include "bindings/websocket/websocket_family.h"

#include "bindings/websocket/socket_handle.h"

namespace verge::bindings {
namespace {

constexpr const ClassSpec* kClasses[] = {
    &SocketHandle::kSpec,
};

}  // namespace

constinit const Family kWebSocketFamily = {
    .classes = kClasses, .globals = {}, .natives = kSocketNatives, .lazy_globals = {}};

}  // namespace verge::bindings
