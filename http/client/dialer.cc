#include "http/client/dialer.h"

#include <errno.h>
#include <string.h>

#include <algorithm>
#include <utility>

namespace verge::http {

namespace {

std::string ConnectErrorText(const Endpoint& endpoint, const SocketAddress& address, int error) {
  std::string text = "connection to " + endpoint.name;
  switch (error) {
    case ECONNREFUSED:
      return text + " refused";
    case ETIMEDOUT:
      return text + " timed out";
    case EHOSTUNREACH:
    case ENETUNREACH:
      return text + " failed: " + AddressText(address) + " cannot be reached";
    case EMFILE:
    case ENFILE:
      return text + " failed: too many open files";
    default:
      return text + " failed: " + strerrordesc_np(error);
  }
}

}  // namespace

Dialer::Dialer(ClientCore* core, Ref<Endpoint> endpoint, Owner* owner)
    : core_(core),
      endpoint_(std::move(endpoint)),
      owner_(owner),
      failure_{.kind = ClientError::Kind::kConnect, .message = {}} {
  head_start_.owner = this;
}

Dialer::~Dialer() {
  ClientDeadlines::Disarm(&head_start_);
  if (resolving_) core_->resolver->Forget(this);
}

bool Dialer::Start() {
  const Resolver::Answer* answer = core_->resolver->Lookup(endpoint_->host, this);
  resolving_ = !answer;
  if (answer) Take(*answer);
  return !resolving_;
}

void Dialer::OnResolved(const Resolver::Answer& answer) {
  resolving_ = false;
  Take(answer);
  Continue();
}

void Dialer::Take(const Resolver::Answer& answer) {
  addresses_ = answer.addresses;
  for (SocketAddress& address : addresses_) address.set_port(endpoint_->port);
  if (addresses_.empty()) {
    failure_ = {.kind = ClientError::Kind::kResolve,
                .message = endpoint_->host + " cannot be resolved: " + answer.error};
  }
}

void Dialer::Continue() { Next(); }

void Dialer::NoteFailure(ClientError::Kind kind, std::string message) {
  // That something was tried says more than that something else was forbidden.
  if (failure_.message.empty() || (failure_.kind == ClientError::Kind::kForbidden && kind != failure_.kind)) {
    failure_ = {.kind = kind, .message = std::move(message)};
  }
}

// Tries the next address that can be tried, or fails when there is none and nothing under way.
void Dialer::Next() {
  ClientDeadlines::Disarm(&head_start_);
  while (next_ < addresses_.size()) {
    const SocketAddress& address = addresses_[next_++];
    if (!endpoint_->trusted && !core_->options.policy.Allows(address.any)) {
      NoteFailure(ClientError::Kind::kForbidden, "connection to " + endpoint_->name + " is not allowed: " +
                                                     AddressText(address) + " is not a public address");
      continue;
    }
    auto attempt = std::make_unique<Attempt>(this, address);
    auto socket = OutboundSocket::Connect(core_->loop(), address, attempt.get());
    if (!socket && (socket.error() == EMFILE || socket.error() == ENFILE) && core_->CloseIdleConnections()) {
      socket = OutboundSocket::Connect(core_->loop(), address, attempt.get());
    }
    if (!socket) {
      NoteFailure(ClientError::Kind::kConnect, ConnectErrorText(*endpoint_, address, socket.error()));
      continue;
    }
    attempt->socket_ = std::move(*socket);
    attempts_.push_back(std::move(attempt));
    if (next_ < addresses_.size()) core_->Arm(core_->head_starts, &head_start_);
    return;
  }
  if (attempts_.empty()) owner_->OnDialFailed(std::move(failure_));
}

void Dialer::OnDeadline(ClientDeadlines::Node*) { Next(); }

void Dialer::OnDecided(Attempt* attempt) {
  if (const int error = attempt->socket_->ConnectError(); error != 0) {
    NoteFailure(ClientError::Kind::kConnect, ConnectErrorText(*endpoint_, attempt->address_, error));
    std::erase_if(attempts_, [&](const auto& each) { return each.get() == attempt; });
    Next();
    return;
  }
  OutboundSocket::Pointer socket = std::move(attempt->socket_);
  socket->set_owner(nullptr);
  socket->Watch(0);
  attempts_.clear();
  ClientDeadlines::Disarm(&head_start_);
  owner_->OnDialed(std::move(socket));
}

}  // namespace verge::http
