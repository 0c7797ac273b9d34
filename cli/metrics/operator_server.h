// A small HTTP server for the operator, beside the one for the workers' clients: /metrics, /healthz, /readyz, and what
// else is given to it.
#ifndef CLI_METRICS_OPERATOR_SERVER_H_
#define CLI_METRICS_OPERATOR_SERVER_H_

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "cli/side_server.h"
#include "http/server.h"

namespace verge::cli {

struct OperatorAnswer {
  int status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::string body;
};

class OperatorServer final : private http::RequestHandler {
 public:
  // Called on the server's thread with a path, without its query. Nothing: 404.
  using Handler = std::function<std::optional<OperatorAnswer>(std::string_view path)>;

  // `host`, `port`: as http::Server::Listen takes them. The error is for a terminal.
  static std::expected<std::unique_ptr<OperatorServer>, std::string> Start(std::string_view host, int port,
                                                                           Handler handler);

  [[nodiscard]] int port() const { return server_.port(); }

 private:
  explicit OperatorServer(Handler handler) : handler_(std::move(handler)) {}
  void OnRequest(http::Ref<http::Exchange> exchange) override;

  const Handler handler_;
  SideServer server_;  // the first to go
};

}  // namespace verge::cli

#endif  // CLI_METRICS_OPERATOR_SERVER_H_
