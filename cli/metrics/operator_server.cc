#include "cli/metrics/operator_server.h"

#include <pthread.h>

#include <utility>

namespace verge::cli {

std::expected<std::unique_ptr<OperatorServer>, std::string> OperatorServer::Start(std::string_view host, int port,
                                                                                  Handler handler) {
  std::unique_ptr<OperatorServer> made(new OperatorServer(std::move(handler)));
  uv_loop_init(&made->loop_);
  made->loop_.data = made.get();
  uv_async_init(&made->loop_, &made->stop_, [](uv_async_t* handle) {
    static_cast<OperatorServer*>(handle->loop->data)->server_.reset();
    uv_close(reinterpret_cast<uv_handle_t*>(handle), nullptr);
  });
  http::ServerLimits limits;
  limits.max_body_bytes = 0;
  made->server_ = http::Server::Create(&made->loop_, made.get(), limits);
  auto bound = made->server_->Listen(host, port);
  if (bound) made->port_ = *bound;
  // The loop has to run in any case: it closes the handles.
  made->thread_ = std::thread([self = made.get()] {
    pthread_setname_np(pthread_self(), "operator");
    uv_run(&self->loop_, UV_RUN_DEFAULT);
  });
  if (!bound) return std::unexpected(bound.error());
  return made;
}

OperatorServer::~OperatorServer() {
  uv_async_send(&stop_);
  thread_.join();
  uv_loop_close(&loop_);
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
