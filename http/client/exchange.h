// A request on its way: what is to be sent, and who waits for the answer. It looks for a connection, makes one if there
// is none, and moves to another one if a kept connection turns out to be closed.
#ifndef HTTP_CLIENT_EXCHANGE_H_
#define HTTP_CLIENT_EXCHANGE_H_

#include <memory>
#include <string>
#include <string_view>

#include "http/client/client.h"
#include "http/client/client_core.h"
#include "http/client/dialer.h"
#include "http/client/endpoint.h"
#include "http/client/request_head.h"
#include "http/client/socket.h"
#include "http/client/transport.h"
#include "http/pool.h"

namespace verge::http {

class OutboundConnection;

class OutboundExchange final : public ClientExchange, private Dialer::Owner, private Timed, private Scheduled {
 public:
  OutboundExchange();
  ~OutboundExchange() override;

  // Takes the request and finds a connection for it. Errors come from the loop.
  void Begin(ClientCore* core, ClientRequest& request, ClientObserver* observer);

  // ClientExchange:
  void Cancel() override;

  // For connections. The views and the source are what is to be sent.
  [[nodiscard]] std::string_view head() const { return head_; }
  [[nodiscard]] const Bytes& bytes() const { return bytes_; }
  [[nodiscard]] Ref<BodySource> TakeSource() { return std::move(source_); }
  [[nodiscard]] const RequestFraming& framing() const { return framing_; }
  [[nodiscard]] bool head_request() const { return head_request_; }
  [[nodiscard]] bool upgrade() const { return upgrade_; }

  // The connection can be written to: TCP and TLS stand.
  void OnConnected();

  // The connection has let go of it.
  void Disconnect() { connection_ = nullptr; }

  // Sends it again on a fresh connection, if that is harmless.
  bool Retry();

  // The observer hears. The exchange stays with its connection after Respond, until Finish. Each may run anything.
  void Respond(Ref<PooledResponse> response);
  void Upgrade(Ref<PooledResponse> response, std::unique_ptr<Transport> transport);
  void Fail(ClientError error);
  void Finish();

 private:
  friend class ClientCore;
  friend class Pool<OutboundExchange>;

  void OnZeroReferences() override;
  void OnDialed(OutboundSocket::Pointer socket) override;
  void OnDialFailed(ClientError error) override;
  void OnDeadline(ClientDeadlines::Node* node) override;
  void OnTurn() override;
  void Dial();
  // No more of the core's business; the observer that is still to be told, if any.
  ClientObserver* Leave();

  Ref<Pool<OutboundExchange>> pool_;
  OutboundExchange* previous_ = nullptr;  // in the core's list
  OutboundExchange* next_ = nullptr;

  ClientCore* core_ = nullptr;  // null: it is over
  ClientObserver* observer_ = nullptr;
  Ref<Endpoint> endpoint_;
  OutboundConnection* connection_ = nullptr;
  std::unique_ptr<Dialer> dialer_;
  ClientDeadlines::Node connect_deadline_;

  std::string head_;
  Bytes bytes_;
  Ref<BodySource> source_;
  RequestFraming framing_;
  std::string_view invalid_;  // why the request cannot be sent
  bool listed_ = false;
  bool head_request_ = false;
  bool upgrade_ = false;
  bool repeatable_ = false;
  bool retried_ = false;
  bool heard_ = false;
};

}  // namespace verge::http

#endif  // HTTP_CLIENT_EXCHANGE_H_
