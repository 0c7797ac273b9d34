// A small HTTP server for the operator, beside the one for the workers' clients: /metrics, /healthz, /readyz, and what
// else is given to it.
#ifndef CLI_METRICS_OPERATOR_SERVER_H_
#define CLI_METRICS_OPERATOR_SERVER_H_

#include <uv.h>

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "http/server.h"

namespace verge::cli {

struct OperatorAnswer {
  int status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::string body;
};

// A thread and a loop of its own: it answers when all shards are busy, and costs them nothing.
class OperatorServer final : private http::RequestHandler {
 public:
  // Called on the server's thread with a path, without its query. Nothing: 404.
  using Handler = std::function<std::optional<OperatorAnswer>(std::string_view path)>;

  // `host`, `port`: as http::Server::Listen takes them. The error is for a terminal.
  static std::expected<std::unique_ptr<OperatorServer>, std::string> Start(std::string_view host, int port,
                                                                           Handler handler);
  ~OperatorServer();

  [[nodiscard]] int port() const { return port_; }

 private:
  explicit OperatorServer(Handler handler) : handler_(std::move(handler)) {}
  void OnRequest(http::Ref<http::Exchange> exchange) override;

  const Handler handler_;
  int port_ = 0;
  uv_loop_t loop_;
  uv_async_t stop_;
  std::unique_ptr<http::Server> server_;
  std::thread thread_;
};

}  // namespace verge::cli

#endif  // CLI_METRICS_OPERATOR_SERVER_H_
