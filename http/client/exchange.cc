#include "http/client/exchange.h"

#include <utility>
#include <variant>

#include "http/client/connection.h"

namespace verge::http {

namespace {

// A head's memory beyond this is given back between requests.
constexpr size_t kKeptHead = 16 * 1024;

}  // namespace

OutboundExchange::OutboundExchange() { connect_deadline_.owner = this; }

OutboundExchange::~OutboundExchange() = default;

void OutboundExchange::OnZeroReferences() {
  if (head_.capacity() > kKeptHead) std::string().swap(head_);
  head_.clear();
  Pool<OutboundExchange>::GiveBack(this);
}

void OutboundExchange::Begin(ClientCore* core, ClientRequest& request, ClientObserver* observer) {
  core_ = core;
  observer_ = observer;
  retried_ = heard_ = false;
  framing_ = FramingOf(request);
  head_request_ = request.method == "HEAD";
  upgrade_ = !request.upgrade.empty();
  invalid_ = AppendRequestHead(head_, request, framing_);
  if (auto* source = std::get_if<Ref<BodySource>>(&request.body)) source_ = std::move(*source);
  if (auto* bytes = std::get_if<Bytes>(&request.body)) bytes_ = std::move(*bytes);
  repeatable_ = !source_ && IsIdempotent(request.method);
  listed_ = true;
  core_->AddExchange(this);
  if (!invalid_.empty()) {
    core_->Schedule(this);
    return;
  }
  endpoint_ = core_->EndpointFor(request.secure, request.host, request.port, request.trusted);
  while (OutboundConnection* connection = upgrade_ ? nullptr : core_->TakeIdle(*endpoint_)) {
    // What cannot be sent again is not risked on a connection whose end is here already.
    if (!repeatable_ && !connection->IsSilent()) {
      connection->Close(BodyError::kDisconnected, {});
      continue;
    }
    ++core_->counters.reused;
    connection_ = connection;
    connection->Send(Ref(this), true);
    return;
  }
  Dial();
}

void OutboundExchange::Dial() {
  core_->Arm(core_->connect_deadlines, &connect_deadline_);
  dialer_ = std::make_unique<Dialer>(core_, endpoint_, static_cast<Dialer::Owner*>(this));
  if (dialer_->Start()) core_->Schedule(this);
}

void OutboundExchange::OnTurn() {
  const Ref<OutboundExchange> self(this);
  if (!invalid_.empty()) {
    Fail({.kind = ClientError::Kind::kMalformed, .message = "the request cannot be sent: " + std::string(invalid_)});
  } else if (dialer_) {
    dialer_->Continue();
  }
}

void OutboundExchange::OnDialed(OutboundSocket::Pointer socket) {
  const Ref<OutboundExchange> self(this);
  dialer_.reset();
  const auto connection = MakeRef<OutboundConnection>(core_, endpoint_, std::move(socket));
  connection_ = connection.get();
  connection->Open(Ref(this));
}

void OutboundExchange::OnDialFailed(ClientError error) {
  const Ref<OutboundExchange> self(this);
  Fail(std::move(error));
}

void OutboundExchange::OnConnected() { ClientDeadlines::Disarm(&connect_deadline_); }

void OutboundExchange::OnDeadline(ClientDeadlines::Node*) {
  const Ref<OutboundExchange> self(this);
  if (dialer_ && dialer_->resolving()) {
    Fail({.kind = ClientError::Kind::kResolve,
          .message = endpoint_->host + " cannot be resolved: no name server answered in time"});
  } else {
    Fail({.kind = ClientError::Kind::kConnect, .message = "connection to " + endpoint_->name + " timed out"});
  }
}

bool OutboundExchange::Retry() {
  if (!core_ || !repeatable_ || retried_ || heard_ || core_->shut_down()) return false;
  retried_ = true;
  ++core_->counters.retries;
  Dial();
  return true;
}

ClientObserver* OutboundExchange::Leave() {
  if (std::exchange(listed_, false)) core_->RemoveExchange(this);
  heard_ = true;
  return std::exchange(observer_, nullptr);
}

void OutboundExchange::Respond(Ref<PooledResponse> response) {
  const Ref<OutboundExchange> self(this);
  if (ClientObserver* observer = Leave()) observer->OnResponse(std::move(response));
}

void OutboundExchange::Upgrade(Ref<PooledResponse> response, std::unique_ptr<Transport> transport) {
  const Ref<OutboundExchange> self(this);
  ClientObserver* observer = Leave();
  Finish();
  if (observer) observer->OnUpgrade(std::move(response), std::move(transport));
}

void OutboundExchange::Fail(ClientError error) {
  const Ref<OutboundExchange> self(this);
  if (!core_) return;
  ClientObserver* observer = Leave();
  Finish();
  if (observer) observer->OnError(std::move(error));
}

void OutboundExchange::Finish() {
  if (!core_) return;
  const Ref<OutboundExchange> self(this);
  if (std::exchange(listed_, false)) core_->RemoveExchange(this);
  core_->Unschedule(this);
  core_ = nullptr;
  ClientDeadlines::Disarm(&connect_deadline_);
  dialer_.reset();
  endpoint_.reset();
  bytes_ = {};
  // What follows may run anything.
  const Ref<OutboundConnection> connection(std::exchange(connection_, nullptr));
  const Ref<BodySource> source = std::exchange(source_, nullptr);
  if (connection) connection->Abandon(this);
  if (source) source->Cancel();
}

void OutboundExchange::Cancel() {
  const Ref<OutboundExchange> self(this);
  if (!core_) return;
  if (heard_) {
    if (connection_) connection_->StopRequestBody();
    return;
  }
  Leave();
  Finish();
}

}  // namespace verge::http
