#include "cli/side_server.h"

#include <pthread.h>

namespace verge::cli {

std::expected<void, std::string> SideServer::Start(const char* thread_name, http::RequestHandler* handler,
                                                   const http::ServerLimits& limits, const Listen& listen) {
  uv_loop_init(&loop_);
  loop_.data = this;
  uv_async_init(&loop_, &stop_, [](uv_async_t* handle) {
    static_cast<SideServer*>(handle->loop->data)->server_.reset();
    uv_close(reinterpret_cast<uv_handle_t*>(handle), nullptr);
  });
  server_ = http::Server::Create(&loop_, handler, limits);
  auto bound = listen(*server_);
  if (bound) port_ = *bound;
  // The loop has to run in any case: it closes the handles.
  thread_ = std::thread([this, thread_name] {
    pthread_setname_np(pthread_self(), thread_name);
    uv_run(&loop_, UV_RUN_DEFAULT);
  });
  if (!bound) return std::unexpected(bound.error());
  return {};
}

SideServer::~SideServer() {
  if (!thread_.joinable()) return;
  uv_async_send(&stop_);
  thread_.join();
  uv_loop_close(&loop_);
}

}  // namespace verge::cli
