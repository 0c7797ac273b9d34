#include "bindings/websocket/dialer.h"

#include <ada.h>

#include <charconv>
#include <utility>

#include "bindings/core/invocation_scope.h"
#include "bindings/fetch/cdn_loop.h"
#include "bindings/websocket/socket.h"
#include "http/message.h"

namespace verge::bindings {
namespace {

using http::Ref;

std::unexpected<Error> Refuse(std::string_view what) {
  return DomError("SyntaxError", "Failed to construct 'WebSocket': " + std::string(what));
}

}  // namespace

// https://websockets.spec.whatwg.org/#dom-websocket-websocket
Result<Ref<Socket>> Socket::Dial(Cx& cx, v8::Local<v8::Object> wrapper, std::string_view url,
                                 std::vector<std::string> protocols) {
  auto parsed = ada::parse<ada::url_aggregator>(url);
  if (!parsed) return Refuse("The URL '" + std::string(url) + "' is invalid.");
  if (parsed->get_protocol() == "http:") {
    parsed->set_protocol("ws");
  } else if (parsed->get_protocol() == "https:") {
    parsed->set_protocol("wss");
  }
  const bool secure = parsed->get_protocol() == "wss:";
  if (!secure && parsed->get_protocol() != "ws:") {
    return Refuse("The URL's scheme must be either 'http', 'https', 'ws', or 'wss'. '" +
                  std::string(parsed->get_protocol()) + "' is not allowed.");
  }
  if (parsed->has_hash()) {
    return Refuse("The URL contains a fragment identifier ('" + std::string(parsed->get_hash()) +
                  "'). Fragment identifiers are not allowed in WebSocket URLs.");
  }
  for (size_t i = 0; i < protocols.size(); ++i) {
    if (!http::IsToken(protocols[i])) return Refuse("The subprotocol '" + protocols[i] + "' is invalid.");
    for (size_t j = 0; j < i; ++j) {
      if (http::EqualsIgnoreCase(protocols[i], protocols[j])) {
        return Refuse("The subprotocol '" + protocols[i] + "' is duplicated.");
      }
    }
  }
  auto invocation = RequireInvocation(cx);
  if (!invocation) return std::unexpected(invocation.error());

  Dialer::Target target{.secure = secure,
                        .host = std::string(parsed->get_hostname()),
                        .port = static_cast<uint16_t>(secure ? 443 : 80),
                        .target = std::string(parsed->get_pathname()).append(parsed->get_search())};
  const std::string_view port = parsed->get_port();  // checked by the parser
  if (!port.empty()) std::from_chars(port.data(), port.data() + port.size(), target.port);

  Ref<Socket> socket(new Socket(cx.isolate, *invocation, Kind::kStandard));
  socket->url_ = parsed->get_href();
  socket->origin_ = parsed->get_origin();
  socket->delivers_blobs_ = true;
  socket->accepted_ = true;
  socket->wrapper_.Reset(cx.isolate, wrapper);
  socket->self_ = socket;
  socket->dialer_ = http::MakeRef<Dialer>(socket.get(), *invocation, std::move(target), std::move(protocols));
  socket->UpdateListing();
  socket->Schedule(*socket->shard_);
  return socket;
}

Dialer::Dialer(Socket* socket, runtime::Invocation* invocation, Target target, std::vector<std::string> protocols)
    : socket_(socket), invocation_(invocation), target_(std::move(target)), handshake_(std::move(protocols)) {}

void Dialer::Start() {
  if (exchange_ || !socket_) return;
  if (!holds_slot() && !AcquireSlot(invocation_->connection_slots())) return;
  if (auto counted = invocation_->CountSubrequest(); !counted) {
    Fail(counted.error());
    return;
  }
  const std::string loop = NextCdnLoop(invocation_->request_head());
  std::vector<http::HeaderField> headers = {{"CDN-Loop", loop}};
  handshake_.AppendTo(headers);
  http::ClientRequest request;
  request.secure = target_.secure;
  request.host = target_.host;
  request.port = target_.port;
  request.target = target_.target;
  request.headers = headers;
  request.upgrade = "websocket";
  exchange_ = invocation_->isolate().shard().client().Send(std::move(request), this);
}

// Whoever gave the slot back may be in the middle of something, even in JavaScript.
void Dialer::OnSlot() {
  if (socket_) socket_->Schedule(*socket_->shard_);
}

void Dialer::Cancel() {
  socket_ = nullptr;
  ReleaseSlot();
  if (const Ref<http::ClientExchange> exchange = std::exchange(exchange_, nullptr)) exchange->Cancel();
}

void Dialer::Fail(std::string_view error) {
  const Ref<Dialer> keep(this);
  exchange_.reset();
  ReleaseSlot();
  if (Socket* socket = std::exchange(socket_, nullptr)) socket->OnDialFailed(error);
}

void Dialer::OnResponse(Ref<http::ClientResponse> response) {
  if (response->body()) response->body()->Cancel();
  Fail("Unexpected server response: " + std::to_string(response->status()));
}

void Dialer::OnError(http::ClientError error) { Fail("WebSocket connection failed: " + error.message); }

void Dialer::OnUpgrade(Ref<http::ClientResponse> response, std::unique_ptr<http::Transport> transport) {
  const Ref<Dialer> keep(this);
  exchange_.reset();
  ReleaseSlot();
  auto opened = handshake_.Finish(invocation_->isolate().shard().loop(), *response, std::move(transport));
  if (!opened) {
    Fail("WebSocket handshake failed: " + opened.error());
    return;
  }
  if (opened->protocol.empty() && !handshake_.protocols().empty()) {
    Fail("WebSocket handshake failed: the server chose none of the protocols offered");
    return;
  }
  if (Socket* socket = std::exchange(socket_, nullptr)) {
    socket->OnDialed(std::move(opened->connection), std::move(opened->protocol), std::move(opened->extensions));
  }
}

}  // namespace verge::bindings
