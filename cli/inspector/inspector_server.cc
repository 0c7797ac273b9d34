#include "cli/inspector/inspector_server.h"

#include <sys/random.h>

#include <array>
#include <format>
#include <utility>
#include <vector>

#include "cli/inspector/frontend.h"
#include "cli/local_authority.h"
#include "config/value.h"
#include "http/websocket/connection.h"
#include "http/websocket/handshake.h"
#include "runtime/file_url.h"

namespace verge::cli {
namespace {

// Never another one: who connects can run code here.
constexpr char kHost[] = "127.0.0.1";

constexpr int kTries = 10;

std::string RandomId() {
  std::array<uint8_t, 16> bytes{};
  (void)getrandom(bytes.data(), bytes.size(), 0);
  std::string id;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) id += '-';
    id += std::format("{:02x}", bytes[i]);
  }
  return id;
}

// DevTools has a scheme of its own, editors send no Origin.
bool IsAllowedOrigin(std::optional<std::string_view> origin) {
  return !origin || origin->starts_with("devtools://") || origin->starts_with("chrome-extension://") ||
         origin->starts_with("vscode-webview://");
}

}  // namespace

InspectorServer::InspectorServer(std::shared_ptr<runtime::InspectorTarget> target, std::string version)
    : target_(std::move(target)), version_(std::move(version)), id_(RandomId()) {}

std::expected<std::unique_ptr<InspectorServer>, std::string> InspectorServer::Start(
    std::shared_ptr<runtime::InspectorTarget> target, int port, std::string version) {
  std::expected<int, std::string> free;
  for (int i = 0; i < (port == 0 ? 1 : kTries); ++i) {
    free = http::ProbeAddress(kHost, port == 0 ? 0 : port + i);
    if (free) break;
  }
  if (!free) return std::unexpected(free.error());
  std::unique_ptr<InspectorServer> made(new InspectorServer(std::move(target), std::move(version)));
  auto started = made->server_.Start("inspector", made.get(), {},
                                     [&](http::Server& server) { return server.Listen(kHost, *free); });
  if (!started) return std::unexpected(started.error());
  return made;
}

InspectorServer::~InspectorServer() { target_->Close(); }

std::string InspectorServer::WebSocketUrl() const { return std::format("ws://{}:{}/{}", kHost, port(), id_); }

std::string InspectorServer::TargetJson(std::string_view authority) const {
  const std::string address = std::string(authority) + "/" + id_;
  const auto field = [](std::string_view name, std::string_view value) {
    return config::JsonString(name) + ": " + config::JsonString(value);
  };
  return "[{\n  " + field("description", "verge worker") + ",\n  " +
         field("devtoolsFrontendUrl",
               "devtools://devtools/bundled/js_app.html?experiments=true&v8only=true&ws=" + address) +
         ",\n  " + field("id", id_) + ",\n  " + field("title", target_->name()) + ",\n  " + field("type", "node") +
         ",\n  " + field("url", runtime::FileUrl(target_->root())) + ",\n  " +
         field("webSocketDebuggerUrl", "ws://" + address) + "\n}]\n";
}

void InspectorServer::RespondJson(http::Exchange& exchange, const std::string& json) {
  const http::HeaderField headers[] = {{"Content-Type", "application/json; charset=UTF-8"},
                                       {"Cache-Control", "no-cache"}};
  exchange.Respond({.status = 200, .status_text = {}, .headers = headers}, std::string_view(json));
}

void InspectorServer::OnRequest(http::Ref<http::Exchange> exchange) {
  const http::RequestHead& head = *exchange->head();
  const std::string_view path = head.target().substr(0, head.target().find('?'));
  if (!IsLocalAuthority(head.authority())) {
    exchange->Respond({.status = 403, .status_text = {}, .headers = {}},
                      std::string_view("The debugger answers to addresses and localhost only.\n"));
  } else if (path == "/json" || path == "/json/" || path == "/json/list") {
    RespondJson(*exchange, TargetJson(head.authority()));
  } else if (path == "/json/version") {
    RespondJson(*exchange,
                std::format("{{\n  \"Browser\": \"verge/{}\",\n  \"Protocol-Version\": \"1.3\"\n}}\n", version_));
  } else if (path.substr(1) == id_ && http::IsWebSocketRequest(head)) {
    Upgrade(*exchange);
  } else {
    exchange->Respond({.status = 404, .status_text = {}, .headers = {}},
                      std::string_view("Nothing here. /json lists what can be debugged.\n"));
  }
}

void InspectorServer::Upgrade(http::Exchange& exchange) {
  const http::RequestHead& head = *exchange.head();
  auto request = http::ReadWebSocketRequest(head);
  if (!request || !IsAllowedOrigin(head.header("origin"))) {
    const std::string text = request ? "Web pages cannot debug workers.\n" : request.error() + "\n";
    exchange.Respond({.status = request ? 403 : 400, .status_text = {}, .headers = {}}, std::string_view(text));
    return;
  }
  const http::HeaderField headers[] = {{"Sec-WebSocket-Accept", request->accept}};
  std::unique_ptr<http::Transport> transport = exchange.RespondUpgrade("websocket", headers);
  if (!transport) return;
  http::WebSocketOptions options;
  options.side = http::WebSocketSide::kServer;
  options.max_message_size = 256u << 20;
  Frontend::Start(server_.loop(), http::WebSocketConnection::Create(server_.loop(), std::move(transport), options),
                  target_);
}

}  // namespace verge::cli
