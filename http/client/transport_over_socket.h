// The connection of a client after an upgrade.
#ifndef HTTP_CLIENT_TRANSPORT_OVER_SOCKET_H_
#define HTTP_CLIENT_TRANSPORT_OVER_SOCKET_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "http/client/client_core.h"
#include "http/client/endpoint.h"
#include "http/client/socket.h"
#include "http/client/transport.h"

namespace verge::http {

class TransportOverSocket final : public Transport, private OutboundSocket::Owner, private Scheduled {
 public:
  // `early`: bytes that came with the head.
  TransportOverSocket(Ref<ClientCore> core, Ref<Endpoint> endpoint, OutboundSocket::Pointer socket,
                      std::span<const uint8_t> early);
  ~TransportOverSocket() override;

  // Transport:
  void Start(TransportObserver* observer) override;
  size_t Write(std::span<const uint8_t> data) override;
  void Pause() override;
  void Resume() override;
  void Shutdown() override;

 private:
  void OnSocketReady(int events) override;
  void OnTurn() override;
  // False: the transport may be gone.
  bool Read();
  bool Flush();
  bool Closed(std::string_view error);
  void Watch();

  const Ref<ClientCore> core_;
  const Ref<Endpoint> endpoint_;  // has the TLS session
  OutboundSocket::Pointer socket_;
  TransportObserver* observer_ = nullptr;
  std::string early_;
  bool* destroyed_ = nullptr;  // of the call under way
  bool paused_ = false;
  bool input_ended_ = false;
  bool broken_ = false;
  bool shutdown_ = false;
  bool shutdown_done_ = false;
  bool yielding_ = false;   // others' turn; go on after the next poll
  bool undrained_ = false;  // the observer is owed an OnDrained
};

}  // namespace verge::http

#endif  // HTTP_CLIENT_TRANSPORT_OVER_SOCKET_H_
