// One fetch() under way: from its arguments to the head of its response, over redirects.
#ifndef BINDINGS_FETCH_FETCH_OPERATION_H_
#define BINDINGS_FETCH_FETCH_OPERATION_H_

#include <v8.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bindings/core/convert.h"
#include "bindings/core/error.h"
#include "bindings/fetch/fetch.h"
#include "bindings/fetch/host_services.h"
#include "bindings/fetch/origin.h"
#include "bindings/fetch/outgoing_request.h"
#include "bindings/service/service_exchange.h"
#include "bindings/websocket/client_handshake.h"
#include "http/client/client.h"
#include "http/client/transport.h"
#include "runtime/await_io.h"
#include "runtime/connection_slots.h"
#include "runtime/leave_task.h"

namespace verge::bindings {

// Belongs to its invocation, and deletes itself when it is settled or cancelled. Sockets are touched only after the
// turn that called fetch().
class FetchOperation final : public runtime::AwaitIo,
                             public ServiceObserver,
                             private runtime::ConnectionSlots::Holder,
                             private runtime::LeaveTask {
 public:
  // Gives the promise of a Response.
  static Result<v8::Local<v8::Value>> Start(Cx& cx, runtime::Invocation* invocation, OutgoingRequest request);

  // The signal was aborted. In JavaScript.
  void Abort(v8::Local<v8::Value> reason);

  // http::ClientObserver
  void OnResponse(http::Ref<http::ClientResponse> response) override;
  void OnError(http::ClientError error) override;
  void OnUpgrade(http::Ref<http::ClientResponse> response, std::unique_ptr<http::Transport> transport) override;

  // ServiceObserver
  void OnFailed(EventFailure failure) override;

  // runtime::PendingIo
  void OnInvocationEnd() override;

 private:
  FetchOperation(runtime::Invocation* invocation, const HostServices* services, OutgoingRequest request);
  ~FetchOperation() override;

  // Follows its signal. False: exception or termination. The signal may be aborted already: then nothing is left.
  bool FollowSignal(Cx& cx, v8::Local<v8::Value> signal);
  void OnIsolateLeft() override;
  void OnSlot() override;
  void Send();
  // Asks the HTTP cache, if the request is for it. True: it did, and the operation may be over by now.
  bool SendCached(const http::ClientRequest& request);
  // To the worker's own static assets.
  void SendToAssets();
  // Puts those of the handshake, if it asks for one, among the request's fields.
  void AddHandshake(std::vector<http::HeaderField>* fields);
  // To the worker that it is for.
  void SendToWorker();
  // The worker's origin, if the request is for the host that it stands in front of.
  const Origin* OriginBehind();
  // True: another request was sent, or the operation has failed.
  bool Redirect(http::ClientResponse& response);
  // Rejects and deletes the operation. The first one: with a TypeError.
  void Fail(std::string message);
  void FailWith(const Error& error, bool remote = false);
  void Resolve(http::Ref<http::ClientResponse> response);
  // What is left of the exchange and of the request's body is given up.
  void CancelExchange();
  void Detach();

  runtime::Shard& shard_;
  const HostServices* const services_;
  OutgoingRequest request_;
  std::optional<ClientHandshake> handshake_;  // of a request for a WebSocket
  http::Ref<http::ClientExchange> exchange_;
  // When there is a signal: what it knows this operation by. Alive as long as the wrapper.
  FetchHandle* handle_ = nullptr;
  v8::Global<v8::Object> handle_wrapper_;
  int redirects_ = 0;
};

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_FETCH_OPERATION_H_
