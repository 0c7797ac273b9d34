// `new WebSocket(url)` on its way to a connection.
#ifndef BINDINGS_WEBSOCKET_DIALER_H_
#define BINDINGS_WEBSOCKET_DIALER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bindings/websocket/client_handshake.h"
#include "http/client/client.h"
#include "http/ref_counted.h"
#include "runtime/connection_slots.h"
#include "runtime/invocation.h"

namespace verge::bindings {

class Socket;

// Counts as a subrequest, and takes one of the invocation's connections until the server has answered. Its sockets are
// touched only after the turn that made the WebSocket.
class Dialer final : public http::RefCounted, private http::ClientObserver, private runtime::ConnectionSlots::Holder {
 public:
  // What to connect to.
  struct Target {
    bool secure = false;
    std::string host;
    uint16_t port = 0;
    std::string target;
  };

  Dialer(Socket* socket, runtime::Invocation* invocation, Target target, std::vector<std::string> protocols);

  // Sends the request when it may. Not in JavaScript.
  void Start();

  // The socket hears no more.
  void Cancel();

 private:
  // http::ClientObserver
  void OnResponse(http::Ref<http::ClientResponse> response) override;
  void OnError(http::ClientError error) override;
  void OnUpgrade(http::Ref<http::ClientResponse> response, std::unique_ptr<http::Transport> transport) override;

  // runtime::ConnectionSlots::Holder
  void OnSlot() override;

  void Fail(std::string_view error);

  Socket* socket_;                         // null: cancelled, or done
  runtime::Invocation* const invocation_;  // the socket's: it lives as long as `socket_` is there
  const Target target_;
  const ClientHandshake handshake_;
  http::Ref<http::ClientExchange> exchange_;
};

}  // namespace verge::bindings

#endif  // BINDINGS_WEBSOCKET_DIALER_H_
