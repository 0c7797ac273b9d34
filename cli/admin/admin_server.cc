#include "cli/admin/admin_server.h"

#include <unistd.h>

#include <algorithm>
#include <format>
#include <utility>

#include "config/value.h"

namespace verge::cli {
namespace {

constexpr uint64_t kMaxBody = 1 << 20;

void Respond(http::Exchange& exchange, const AdminReply& reply) {
  const http::HeaderField headers[] = {{"Content-Type", "application/json; charset=UTF-8"}};
  exchange.Respond({.status = reply.status, .status_text = {}, .headers = headers}, std::string_view(reply.json));
}

// Reads a request's body, runs the route and answers. Deletes itself.
class Call final : private http::BodySink {
 public:
  static void Start(http::Ref<http::Exchange> exchange, const AdminRoute& route) {
    auto* call = new Call(std::move(exchange), route);
    if (call->source_) {
      call->Read();
    } else {
      call->Finish();
    }
  }

 private:
  Call(http::Ref<http::Exchange> exchange, const AdminRoute& route)
      : exchange_(std::move(exchange)), route_(route), source_(exchange_->body()) {}

  void Read() {
    reading_ = true;
    do {
      again_ = false;
      source_->Pull(this);
    } while (again_);
    reading_ = false;
    if (over_) Finish();
  }
  void OnChunk(http::Bytes chunk) override {
    body_ += chunk.view();
    if (reading_) {
      again_ = true;
    } else {
      Read();
    }
  }
  void OnEnd() override {
    over_ = true;
    if (!reading_) Finish();
  }
  void OnError(http::BodyError, std::string_view) override {
    failed_ = true;
    OnEnd();
  }
  void Finish() {
    if (!failed_) Respond(*exchange_, route_.run(body_));
    delete this;
  }

  const http::Ref<http::Exchange> exchange_;
  const AdminRoute& route_;
  const http::Ref<http::BodySource> source_;
  std::string body_;
  bool reading_ = false;
  bool again_ = false;
  bool over_ = false;
  bool failed_ = false;
};

}  // namespace

AdminReply AdminError(int status, std::string_view message) {
  return {.status = status, .json = std::format("{{\"error\": {}}}\n", config::JsonString(message))};
}

AdminServer::AdminServer(AdminSocket socket, std::vector<AdminRoute> routes)
    : socket_(std::move(socket)), routes_(std::move(routes)) {}

std::expected<std::unique_ptr<AdminServer>, std::string> AdminServer::Start(AdminSocket socket,
                                                                            std::vector<AdminRoute> routes) {
  std::unique_ptr<AdminServer> made(new AdminServer(std::move(socket), std::move(routes)));
  http::ServerLimits limits;
  limits.max_body_bytes = kMaxBody;
  auto started =
      made->server_.Start("admin", made.get(), limits, [&](http::Server& server) -> std::expected<int, std::string> {
        const int fd = made->socket_.Take();
        if (auto accepting = server.ListenOn(fd); !accepting) {
          close(fd);
          return std::unexpected(accepting.error());
        }
        return 0;
      });
  if (!started) return std::unexpected(started.error());
  return made;
}

void AdminServer::OnRequest(http::Ref<http::Exchange> exchange) {
  const http::RequestHead& head = *exchange->head();
  const std::string_view path = head.target().substr(0, head.target().find('?'));
  bool known = false;
  for (const AdminRoute& route : routes_) {
    if (route.path != path) continue;
    known = true;
    if (route.method == head.method()) return Call::Start(std::move(exchange), route);
  }
  Respond(*exchange, known ? AdminError(405, "this path is for another method") : AdminError(404, "nothing is here"));
}

}  // namespace verge::cli
