// The debugger's port: lists what can be debugged and takes the connections of frontends (Chrome's DevTools, VS Code).
//
// A thread and a loop of its own: a shard that is paused at a breakpoint does not answer.
#ifndef CLI_INSPECTOR_INSPECTOR_SERVER_H_
#define CLI_INSPECTOR_INSPECTOR_SERVER_H_

#include <expected>
#include <memory>
#include <string>

#include "cli/side_server.h"
#include "http/server.h"
#include "runtime/inspector.h"

namespace verge::cli {

// GET /json and /json/list: the targets; /json/version; a WebSocket at /<id>. Requests whose Host is not an address or
// "localhost" are refused, and WebSockets that a web page opens: other sites in the developer's browser must not get
// in.
class InspectorServer final : private http::RequestHandler {
 public:
  // On this machine only. `port` 0 takes any free one; otherwise the first free one from there on, of ten. The error is
  // for a terminal.
  static std::expected<std::unique_ptr<InspectorServer>, std::string> Start(
      std::shared_ptr<runtime::InspectorTarget> target, int port, std::string version);
  // Closes everything; what is paused goes on.
  ~InspectorServer();

  [[nodiscard]] int port() const { return server_.port(); }
  // "ws://127.0.0.1:9229/<id>".
  [[nodiscard]] std::string WebSocketUrl() const;

 private:
  InspectorServer(std::shared_ptr<runtime::InspectorTarget> target, std::string version);

  void OnRequest(http::Ref<http::Exchange> exchange) override;
  void RespondJson(http::Exchange& exchange, const std::string& json);
  void Upgrade(http::Exchange& exchange);
  [[nodiscard]] std::string TargetJson(std::string_view authority) const;

  const std::shared_ptr<runtime::InspectorTarget> target_;
  const std::string version_;  // of the program
  const std::string id_;       // random: nobody can guess it
  SideServer server_;          // the first to go
};

}  // namespace verge::cli

#endif  // CLI_INSPECTOR_INSPECTOR_SERVER_H_
