#include "bindings/service/rpc_operation.h"

#include <utility>

#include "bindings/core/invocation_scope.h"
#include "bindings/core/realm.h"
#include "bindings/fetch/host_services.h"
#include "bindings/service/call_chains.h"
#include "bindings/service/remote_error.h"
#include "bindings/service/rpc_exchange.h"
#include "bindings/service/rpc_invocation.h"
#include "runtime/await_io.h"
#include "runtime/leave_task.h"
#include "runtime/shard.h"

namespace verge::bindings {
namespace {

class RpcCall final : public ServiceCall {
 public:
  RpcCall(std::shared_ptr<const ServiceTarget> target, http::Ref<RpcExchange> exchange, CallChain chain)
      : target_(std::move(target)), exchange_(std::move(exchange)), chain_(std::move(chain)) {}

  void Start(InvocationPool&, Worker& worker) override {
    if (exchange_->over()) return;
    RpcInvocation::Start(worker, std::move(target_), exchange_, std::move(chain_));
  }
  void Refuse(Refusal, std::string_view why) override {
    exchange_->Fail({.name = "Error", .message = std::string(why)});
  }

 private:
  std::shared_ptr<const ServiceTarget> target_;
  const http::Ref<RpcExchange> exchange_;
  CallChain chain_;
};

// Belongs to its invocation, and deletes itself when it is settled or cancelled.
class RpcOperation final : public runtime::AwaitIo, public RpcExchange::Caller, private runtime::LeaveTask {
 public:
  static Result<v8::Local<v8::Value>> Start(Cx& cx, runtime::Invocation* invocation, ServiceRouter* router,
                                            std::shared_ptr<const ServiceTarget> target, std::string method,
                                            RpcValue arguments) {
    auto* self = new RpcOperation(router, std::move(target));
    if (!self->Begin(cx.context, invocation)) {
      delete self;
      return Pending();
    }
    v8::Local<v8::Promise> promise = self->promise(cx.isolate);
    runtime::Shard& shard = invocation->isolate().shard();
    self->exchange_ = http::MakeRef<RpcExchange>(shard, std::move(method), std::move(arguments), self);
    self->Schedule(shard);
    return promise.As<v8::Value>();
  }

  void OnInvocationEnd() override {
    exchange_->Cancel();
    delete this;
  }

 private:
  RpcOperation(ServiceRouter* router, std::shared_ptr<const ServiceTarget> target)
      : router_(router), target_(std::move(target)) {}

  void OnIsolateLeft() override {
    if (invocation()->stopped()) return;
    if (auto counted = invocation()->CountSubrequest(); !counted) {
      return Reject({ErrorKind::kError, std::move(counted).error()});
    }
    auto chain = router_->call_chains().Next(*invocation());
    if (!chain) return Reject(chain.error());
    const ServiceTarget& target = *target_;
    router_->Call(target, std::make_unique<RpcCall>(target_, exchange_, *std::move(chain)));
  }

  void OnResult(RpcValue value) override {
    Settle([&](runtime::JsEntry& entry) { return FromRpcValue(entry.isolate(), entry.context(), value); });
    delete this;
  }
  void OnFailed(EventFailure failure) override { Reject(ToError(std::move(failure)), true); }

  void Reject(const Error& error, bool remote = false) {
    Settle([&](runtime::JsEntry& entry) { return ThrowFailure(entry.context(), error, remote); });
    delete this;
  }

  ServiceRouter* const router_;
  const std::shared_ptr<const ServiceTarget> target_;
  http::Ref<RpcExchange> exchange_;
};

}  // namespace

Result<v8::Local<v8::Value>> CallService(Cx& cx, std::shared_ptr<const ServiceTarget> target, std::string method,
                                         v8::Local<v8::Array> arguments) {
  auto invocation = RequireInvocation(cx);
  if (!invocation) return std::unexpected(std::move(invocation).error());
  const HostServices* services = cx.realm().host_services();
  if (!services || !services->services) return PlainError("There are no other workers here.");
  auto value = ToRpcValue(cx, arguments);
  if (!value) return std::unexpected(std::move(value).error());
  return RpcOperation::Start(cx, *invocation, services->services, std::move(target), std::move(method),
                             *std::move(value));
}

}  // namespace verge::bindings
