#include "http/server_transport.h"

#include <utility>

#include "http/connection.h"

namespace verge::http {

ServerTransport::~ServerTransport() {
  if (connection_) connection_->DropRaw();
}

void ServerTransport::Start(TransportObserver* observer) {
  observer_ = observer;
  if (connection_) {
    connection_->StartRaw();
  } else {
    Close("the connection was lost");
  }
}

size_t ServerTransport::Write(std::span<const uint8_t> data) { return connection_ ? connection_->WriteRaw(data) : 0; }

void ServerTransport::Pause() {
  if (connection_) connection_->SetRawPaused(true);
}

void ServerTransport::Resume() {
  if (connection_) connection_->SetRawPaused(false);
}

void ServerTransport::Shutdown() {
  if (connection_) connection_->ShutdownRaw();
}

void ServerTransport::Close(std::string_view error) {
  connection_ = nullptr;
  if (observer_) std::exchange(observer_, nullptr)->OnClosed(error);
}

}  // namespace verge::http
