// One frontend's connection: WebSocket on one side, an InspectorTarget on the other.
#ifndef CLI_INSPECTOR_FRONTEND_H_
#define CLI_INSPECTOR_FRONTEND_H_

#include <uv.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "http/websocket/connection.h"
#include "runtime/inspector.h"

namespace verge::cli {

// Lives on the server's loop until the connection has ended, and as long as the target holds it; what arrives from the
// isolate's thread is handed over to the loop.
class Frontend final : public runtime::InspectorFrontend,
                       private http::WebSocketObserver,
                       public std::enable_shared_from_this<Frontend> {
 public:
  // On the loop's thread.
  static void Start(uv_loop_t* loop, http::Ref<http::WebSocketConnection> connection,
                    std::shared_ptr<runtime::InspectorTarget> target);

  // Any thread.
  void Deliver(std::string message) override;

 private:
  Frontend(http::Ref<http::WebSocketConnection> connection, std::shared_ptr<runtime::InspectorTarget> target);

  void OnMessage(bool text, std::string& data) override;
  void OnClosing(uint16_t code, std::string_view reason) override {}
  void OnEnd(const http::WebSocketEnd& end) override;
  void OnDrained() override {}
  void Flush();

  http::Ref<http::WebSocketConnection> connection_;
  const std::shared_ptr<runtime::InspectorTarget> target_;
  int id_ = 0;
  std::shared_ptr<Frontend> self_;  // until the connection has ended

  std::mutex mutex_;
  std::vector<std::string> outgoing_;
  uv_async_t* wake_ = nullptr;  // null: the connection has ended; freed when libuv lets go of it
};

}  // namespace verge::cli

#endif  // CLI_INSPECTOR_FRONTEND_H_
