// A request that one worker sends to another one: for the worker that handles it an Exchange as any other, for the one
// that sent it a request on its way. No V8.
#ifndef BINDINGS_SERVICE_SERVICE_EXCHANGE_H_
#define BINDINGS_SERVICE_SERVICE_EXCHANGE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bindings/fetch/event_purpose.h"
#include "bindings/service/crossing_body.h"
#include "http/client/client.h"
#include "http/client/transport.h"
#include "http/server.h"
#include "runtime/leave_task.h"
#include "runtime/shard.h"

namespace verge::bindings {

// The caller.
class ServiceObserver : public http::ClientObserver {
 public:
  // Instead of ClientObserver's three: the handler threw, or was stopped.
  virtual void OnFailed(EventFailure failure) = 0;

 protected:
  ~ServiceObserver() = default;
};

// The request as the worker that handles it sees it. Owns what its views point into.
class ServiceRequestHead final : public http::RequestHead {
 public:
  struct Parts {
    std::string_view method;
    bool secure = false;
    std::string_view authority;
    std::string_view target;
    std::span<const http::HeaderField> fields;
    std::string_view client_address;
    bool has_body = false;
    std::optional<uint64_t> content_length;
  };
  explicit ServiceRequestHead(const Parts& parts);

 private:
  std::string_view Store(std::string_view text);
};

// Between the two nothing happens in a call: each side hears of the other one when no isolate is entered.
class ServiceExchange final : public http::Exchange, private runtime::LeaveTask {
 public:
  // `body` may be null. The observer is not called after Cancel.
  ServiceExchange(runtime::Shard& shard, http::Ref<http::RequestHead> head, http::Ref<http::BodySource> body,
                  ServiceObserver* observer);
  ~ServiceExchange() override;

  // --- The caller's
  // Nobody wants the answer any more: for the worker as if a client had gone. Also below JavaScript.
  void CancelCall();
  void CancelBody();

  // --- Of those who have it handled
  // The event failed before there was a response: told with the Abort that follows.
  void Fail(EventFailure failure) { failure_ = std::move(failure); }
  // Nothing of the event is left that could read its request.
  void OnEventOver() { CancelBody(); }

  // --- http::Exchange
  [[nodiscard]] const http::Ref<http::RequestHead>& head() const override { return head_; }
  [[nodiscard]] http::Ref<http::BodySource> body() override { return body_; }
  void Respond(const http::ResponseHead& head, http::ResponseBody body) override;
  std::unique_ptr<http::Transport> RespondUpgrade(std::string_view protocol,
                                                  std::span<const http::HeaderField> headers) override;
  [[nodiscard]] bool responded() const override { return responded_; }
  void Abort() override;
  void set_observer(http::ExchangeObserver* observer) override { event_ = observer; }

 private:
  void OnIsolateLeft() override;
  void Soon();
  void Over(http::ExchangeOutcome outcome);
  void TellCaller();

  runtime::Shard& shard_;
  const http::Ref<http::RequestHead> head_;
  http::Ref<CrossingBody> body_;
  ServiceObserver* observer_;  // null: it has heard, or does not want to
  http::ExchangeObserver* event_ = nullptr;
  bool responded_ = false;
  // What the caller is to hear of: one of the three, or a failure.
  http::Ref<http::ClientResponse> response_;
  std::unique_ptr<http::Transport> transport_;  // of a response that is an upgrade
  std::optional<EventFailure> failure_;
  http::Ref<CrossingBody> response_body_;         // while it is under way
  std::optional<http::ExchangeOutcome> outcome_;  // what the event is to hear of
  http::Ref<ServiceExchange> self_;               // while there is something to tell
};

// The caller's hold on it.
class ServiceRequest final : public http::ClientExchange {
 public:
  explicit ServiceRequest(http::Ref<ServiceExchange> exchange) : exchange_(std::move(exchange)) {}
  void Cancel() override {
    exchange_->CancelCall();
    exchange_->CancelBody();
  }

 private:
  const http::Ref<ServiceExchange> exchange_;
};

}  // namespace verge::bindings

#endif  // BINDINGS_SERVICE_SERVICE_EXCHANGE_H_
