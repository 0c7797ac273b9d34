#include "cli/inspector/frontend.h"

#include <utility>

#include "http/bytes.h"

namespace verge::cli {

Frontend::Frontend(http::Ref<http::WebSocketConnection> connection, std::shared_ptr<runtime::InspectorTarget> target)
    : connection_(std::move(connection)), target_(std::move(target)) {}

void Frontend::Start(uv_loop_t* loop, http::Ref<http::WebSocketConnection> connection,
                     std::shared_ptr<runtime::InspectorTarget> target) {
  std::shared_ptr<Frontend> frontend(new Frontend(std::move(connection), std::move(target)));
  frontend->self_ = frontend;
  frontend->wake_ = new uv_async_t;
  uv_async_init(loop, frontend->wake_, [](uv_async_t* handle) { static_cast<Frontend*>(handle->data)->Flush(); });
  frontend->wake_->data = frontend.get();
  frontend->id_ = frontend->target_->Connect(frontend);
  frontend->connection_->Start(frontend.get());
}

void Frontend::Deliver(std::string message) {
  std::lock_guard lock(mutex_);
  if (!wake_) return;
  outgoing_.push_back(std::move(message));
  uv_async_send(wake_);
}

void Frontend::Flush() {
  std::vector<std::string> messages;
  {
    std::lock_guard lock(mutex_);
    messages.swap(outgoing_);
  }
  const std::shared_ptr<Frontend> self = self_;
  if (!connection_) return;
  connection_->Cork();
  for (std::string& message : messages) connection_->Send(true, http::Bytes::Take(std::move(message)));
  connection_->Uncork();
}

void Frontend::OnMessage(bool, std::string& data) { target_->Receive(id_, std::move(data)); }

void Frontend::OnEnd(const http::WebSocketEnd&) {
  target_->Disconnect(id_);
  uv_async_t* wake;
  {
    std::lock_guard lock(mutex_);
    wake = std::exchange(wake_, nullptr);
  }
  uv_close(reinterpret_cast<uv_handle_t*>(wake),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_async_t*>(handle); });
  connection_.reset();
  self_.reset();  // perhaps the last
}

}  // namespace verge::cli
