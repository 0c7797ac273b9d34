#include "bindings/fetch/service_fetch.h"

#include <string>
#include <utility>

#include "bindings/fetch/event_purpose.h"
#include "bindings/fetch/fetch_invocation.h"

namespace verge::bindings {
namespace {

class ServiceFetch final : public EventPurpose {
 public:
  ServiceFetch(std::shared_ptr<const ServiceTarget> target, http::Ref<ServiceExchange> exchange, CallChain chain)
      : target_(std::move(target)), exchange_(std::move(exchange)), chain_(std::move(chain)) {}

  [[nodiscard]] std::string_view entrypoint() const override { return target_->entrypoint; }
  [[nodiscard]] std::string_view props() const override { return target_->props; }
  [[nodiscard]] const CallChain* call_chain() const override { return &chain_; }
  bool OnFailed(EventFailure failure) override {
    exchange_->Fail(std::move(failure));
    return true;
  }
  void OnOver(int) override { exchange_->OnEventOver(); }

 private:
  const std::shared_ptr<const ServiceTarget> target_;
  const http::Ref<ServiceExchange> exchange_;
  const CallChain chain_;
};

class FetchCall final : public ServiceCall {
 public:
  FetchCall(std::shared_ptr<const ServiceTarget> target, http::Ref<ServiceExchange> exchange, CallChain chain)
      : target_(std::move(target)), exchange_(std::move(exchange)), chain_(std::move(chain)) {}

  void Start(InvocationPool& pool, Worker& worker) override {
    if (exchange_->responded()) return;  // the caller has gone
    FetchInvocation::Start(pool, worker, exchange_,
                           std::make_unique<ServiceFetch>(std::move(target_), exchange_, std::move(chain_)));
  }

  void Refuse(Refusal refusal, std::string_view why) override {
    if (exchange_->responded()) return;
    if (refusal == Refusal::kUnknown) {
      const http::HeaderField fields[] = {{"Content-Type", "text/plain; charset=utf-8"}};
      exchange_->Respond({.status = 503, .status_text = {}, .headers = fields}, std::string(why) + "\n");
      return;
    }
    exchange_->Fail({.name = "Error", .message = std::string(why)});
    exchange_->Abort();
  }

 private:
  std::shared_ptr<const ServiceTarget> target_;
  const http::Ref<ServiceExchange> exchange_;
  CallChain chain_;
};

}  // namespace

void SendToService(ServiceRouter& router, std::shared_ptr<const ServiceTarget> target,
                   http::Ref<ServiceExchange> exchange, CallChain chain) {
  const ServiceTarget& to = *target;
  router.Call(to, std::make_unique<FetchCall>(std::move(target), std::move(exchange), std::move(chain)));
}

}  // namespace verge::bindings
