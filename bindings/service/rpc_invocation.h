// A method of a worker's entrypoint that another worker has called, as an event.
#ifndef BINDINGS_SERVICE_RPC_INVOCATION_H_
#define BINDINGS_SERVICE_RPC_INVOCATION_H_

#include <v8.h>

#include <memory>
#include <optional>
#include <string_view>

#include "bindings/core/handler_result.h"
#include "bindings/service/call_chain.h"
#include "bindings/service/rpc_exchange.h"
#include "bindings/service/service_router.h"
#include "bindings/worker/worker.h"
#include "runtime/exception.h"
#include "runtime/invocation.h"
#include "runtime/meter.h"

namespace verge::bindings {

// Has limits, log and waitUntil as any other event.
class RpcInvocation final : public runtime::Invocation, private RpcExchange::Callee {
 public:
  static void Start(Worker& worker, std::shared_ptr<const ServiceTarget> target, http::Ref<RpcExchange> exchange,
                    CallChain chain);

 protected:
  void OnTurn(runtime::JsEntry& entry) override;
  void OnLeft() override;
  [[nodiscard]] bool settled() const override { return answer_ || failure_ || done_; }
  void OnStopped(runtime::Outcome outcome, std::string_view message) override;
  void OnClosed() override;

 private:
  RpcInvocation(std::shared_ptr<const ServiceTarget> target, http::Ref<RpcExchange> exchange)
      : target_(std::move(target)), exchange_(std::move(exchange)) {}

  void Run(Worker& worker, CallChain chain);
  // What the method gave. Empty: exception or termination.
  v8::MaybeLocal<v8::Value> Call(runtime::JsEntry& entry, Worker& worker);
  void Answer(runtime::JsEntry& entry, v8::Local<v8::Value> value);
  void Fail(const runtime::ExceptionReport& report);
  void Log(std::string_view text) const;
  // Tells the recorder, once.
  void Record(bool ok);
  // RpcExchange::Callee
  void OnCallerGone() override;

  const std::shared_ptr<const ServiceTarget> target_;
  const http::Ref<RpcExchange> exchange_;
  HandlerResult returned_;
  v8::Global<v8::Function> touch_;
  std::optional<RpcValue> answer_;  // to be given when the isolate is left
  std::optional<EventFailure> failure_;
  bool done_ = false;
  runtime::EventRecorder* recorder_ = nullptr;  // null: nobody wants to know, or it has been told
  int64_t started_ns_ = 0;
  runtime::EventMeter metered_;
};

}  // namespace verge::bindings

#endif  // BINDINGS_SERVICE_RPC_INVOCATION_H_
