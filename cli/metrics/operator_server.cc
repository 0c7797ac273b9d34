#include "cli/metrics/operator_server.h"

#include <utility>

namespace verge::cli {

std::expected<std::unique_ptr<OperatorServer>, std::string> OperatorServer::Start(std::string_view host, int port,
                                                                                  Handler handler) {
  std::unique_ptr<OperatorServer> made(new OperatorServer(std::move(handler)));
  http::ServerLimits limits;
  limits.max_body_bytes = 0;
  auto started = made->server_.Start("operator", made.get(), limits,
                                     [&](http::Server& server) { return server.Listen(host, port); });
  if (!started) return std::unexpected(started.error());
  return made;
}

void OperatorServer::OnRequest(http::Ref<http::Exchange> exchange) {
  const http::RequestHead& head = *exchange->head();
  OperatorAnswer answer;
  if (head.method() != "GET" && head.method() != "HEAD") {
    answer = {.status = 405, .body = "Only GET and HEAD.\n"};
  } else if (auto given = handler_(head.target().substr(0, head.target().find('?')))) {
    answer = *std::move(given);
  } else {
    answer = {.status = 404, .body = "Nothing here. There are /metrics, /healthz and /readyz.\n"};
  }
  const http::HeaderField fields[] = {{"Content-Type", answer.content_type}, {"Cache-Control", "no-store"}};
  exchange->Respond({.status = answer.status, .status_text = {}, .headers = fields},
                    http::Bytes::Take(std::move(answer.body)));
}

}  // namespace verge::cli
