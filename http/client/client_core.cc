#include "http/client/client_core.h"

#include <algorithm>
#include <utility>

#include "http/client/connection.h"
#include "http/client/exchange.h"

namespace verge::http {

namespace {

// Endpoints without connections are kept for their TLS sessions, up to here.
constexpr size_t kMaxEndpoints = 1024;

constexpr uint64_t kHeadStart = 250;  // ms

uint64_t Milliseconds(std::chrono::milliseconds duration) {
  return duration.count() > 0 ? static_cast<uint64_t>(duration.count()) : 0;
}

}  // namespace

ClientCore::ClientCore(uv_loop_t* loop, const ClientOptions& client_options)
    : options(client_options),
      responses(MakeRef<Pool<PooledResponse>>()),
      exchanges(MakeRef<Pool<OutboundExchange>>()),
      resolver(MakeRef<Resolver>(loop, client_options.dns_servers, &counters.lookups)),
      connect_deadlines(Milliseconds(client_options.connect_timeout)),
      head_starts(kHeadStart),
      idle_deadlines(Milliseconds(client_options.idle_timeout)),
      stall_deadlines(Milliseconds(client_options.stall_timeout)),
      loop_(loop),
      turns_(loop),
      sweep_at_(kMaxEndpoints) {
  uv_timer_init(loop_, &timer_);
  timer_.data = this;
}

ClientCore::~ClientCore() = default;

void ClientCore::OnZeroReferences() {
  turns_.Close();
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_),
           [](uv_handle_t* handle) { delete static_cast<ClientCore*>(handle->data); });
}

void ClientCore::Shutdown() {
  const Ref<ClientCore> self(this);
  shut_down_ = true;
  while (open_exchanges_) {
    open_exchanges_->Fail({.kind = ClientError::Kind::kReset, .message = "the HTTP client is shut down"});
  }
  while (connections_) connections_->Close(BodyError::kDisconnected, "the HTTP client is shut down");
  resolver->Close();
  endpoints_.clear();
}

// ---- Turns and time

void ClientCore::Arm(ClientDeadlines& list, ClientDeadlines::Node* node) {
  list.Arm(node, uv_now(loop_));
  if (node->armed()) StartTimer(node->deadline);
}

void ClientCore::StartTimer(uint64_t due) {
  if (due >= timer_due_) return;
  timer_due_ = due;
  const uint64_t now = uv_now(loop_);
  uv_timer_start(
      &timer_, [](uv_timer_t* handle) { static_cast<ClientCore*>(handle->data)->OnTimer(); }, due > now ? due - now : 0,
      0);
}

void ClientCore::OnTimer() {
  const Ref<ClientCore> self(this);
  timer_due_ = UINT64_MAX;
  const uint64_t now = uv_now(loop_);
  for (ClientDeadlines* list : {&connect_deadlines, &head_starts, &idle_deadlines, &stall_deadlines}) {
    while (ClientDeadlines::Node* node = list->PopExpired(now)) node->owner->OnDeadline(node);
  }
  // Most deadlines are put off or taken back before they come: the timer runs for the first that is left.
  for (ClientDeadlines* list : {&connect_deadlines, &head_starts, &idle_deadlines, &stall_deadlines}) {
    if (const ClientDeadlines::Node* first = list->first()) StartTimer(first->deadline);
  }
}

// ---- Endpoints and connections

Ref<Endpoint> ClientCore::EndpointFor(bool secure, std::string_view host, uint16_t port, bool trusted) {
  endpoint_key_.assign(host).append(secure ? "|s" : "|p").append(trusted ? "t" : "");
  endpoint_key_.push_back(static_cast<char>(port >> 8));
  endpoint_key_.push_back(static_cast<char>(port & 0xff));
  if (const auto found = endpoints_.find(endpoint_key_); found != endpoints_.end()) return found->second;
  if (endpoints_.size() >= sweep_at_) {
    std::erase_if(endpoints_, [](const auto& item) { return item.second->references() == 1; });
    sweep_at_ = std::max(kMaxEndpoints, endpoints_.size() * 2);
  }
  auto endpoint = MakeRef<Endpoint>();
  endpoint->secure = secure;
  endpoint->host = host;
  endpoint->port = port;
  endpoint->trusted = trusted;
  endpoint->name = endpoint->host + ":" + std::to_string(port);
  endpoints_.emplace(endpoint_key_, endpoint);
  return endpoint;
}

const TlsContext* ClientCore::Tls(std::string& error) {
  if (!tls_ && tls_error_.empty()) {
    auto made = TlsContext::Create(options.ca_file);
    if (made) {
      tls_ = std::move(*made);
    } else {
      tls_error_ = made.error();
    }
  }
  error = tls_error_;
  return tls_.get();
}

void ClientCore::AddConnection(OutboundConnection* connection) {
  connection->AddRef();
  connection->previous_ = nullptr;
  connection->next_ = connections_;
  if (connections_) connections_->previous_ = connection;
  connections_ = connection;
  ++counters.connections;
  ++counters.open_connections;
}

void ClientCore::RemoveConnection(OutboundConnection* connection) {
  if (connection->previous_) {
    connection->previous_->next_ = connection->next_;
  } else {
    connections_ = connection->next_;
  }
  if (connection->next_) connection->next_->previous_ = connection->previous_;
  --counters.open_connections;
  connection->Release();
}

void ClientCore::AddIdle(OutboundConnection* connection) {
  if (options.max_idle_connections == 0 || idle_deadlines.distance() == 0) {
    connection->Close(BodyError::kDisconnected, {});
    return;
  }
  if (counters.idle_connections >= options.max_idle_connections) {
    // All are in the list of deadlines, in the order in which they became idle.
    static_cast<OutboundConnection*>(idle_deadlines.first()->owner)->Close(BodyError::kDisconnected, {});
  }
  ++counters.idle_connections;
  connection->endpoint().idle.push_back(connection);
  connection->pooled_ = true;
  Arm(idle_deadlines, &connection->deadline_);
}

void ClientCore::RemoveIdle(OutboundConnection* connection) {
  connection->pooled_ = false;
  std::erase(connection->endpoint().idle, connection);
  ClientDeadlines::Disarm(&connection->deadline_);
  --counters.idle_connections;
}

OutboundConnection* ClientCore::TakeIdle(Endpoint& endpoint) {
  if (endpoint.idle.empty()) return nullptr;
  OutboundConnection* connection = endpoint.idle.back();
  RemoveIdle(connection);
  return connection;
}

bool ClientCore::CloseIdleConnections() {
  bool any = false;
  while (ClientDeadlines::Node* first = idle_deadlines.first()) {
    static_cast<OutboundConnection*>(first->owner)->Close(BodyError::kDisconnected, {});
    any = true;
  }
  return any;
}

void ClientCore::AddExchange(OutboundExchange* exchange) {
  exchange->AddRef();
  exchange->previous_ = nullptr;
  exchange->next_ = open_exchanges_;
  if (open_exchanges_) open_exchanges_->previous_ = exchange;
  open_exchanges_ = exchange;
}

void ClientCore::RemoveExchange(OutboundExchange* exchange) {
  if (exchange->previous_) {
    exchange->previous_->next_ = exchange->next_;
  } else {
    open_exchanges_ = exchange->next_;
  }
  if (exchange->next_) exchange->next_->previous_ = exchange->previous_;
  exchange->previous_ = exchange->next_ = nullptr;
  exchange->Release();
}

}  // namespace verge::http
