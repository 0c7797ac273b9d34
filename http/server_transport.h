// An upgraded connection of the server as a Transport: a thin stand-in that may outlive it.
#ifndef HTTP_SERVER_TRANSPORT_H_
#define HTTP_SERVER_TRANSPORT_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "http/client/transport.h"

namespace verge::http {

class Connection;

class ServerTransport final : public Transport {
 public:
  explicit ServerTransport(Connection* connection) : connection_(connection) {}
  ~ServerTransport() override;

  // When the connection is gone already, OnClosed comes from within.
  void Start(TransportObserver* observer) override;
  size_t Write(std::span<const uint8_t> data) override;
  void Pause() override;
  void Resume() override;
  void Shutdown() override;

 private:
  friend class Connection;

  // The connection is gone.
  void Close(std::string_view error);

  Connection* connection_;  // null: closed
  TransportObserver* observer_ = nullptr;
};

}  // namespace verge::http

#endif  // HTTP_SERVER_TRANSPORT_H_
