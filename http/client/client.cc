#include "http/client/client.h"

#include <utility>

#include "http/client/client_core.h"
#include "http/client/exchange.h"
#include "http/client/transport.h"

namespace verge::http {

namespace {

class PooledClient final : public Client {
 public:
  PooledClient(uv_loop_t* loop, const ClientOptions& options) : core_(MakeRef<ClientCore>(loop, options)) {}
  ~PooledClient() override { core_->Shutdown(); }

  Ref<ClientExchange> Send(ClientRequest request, ClientObserver* observer) override {
    Ref<OutboundExchange> exchange = core_->exchanges->Take();
    // From an observer that is told of the end: there is nobody left to send anything.
    if (core_->shut_down()) return exchange;
    ++core_->counters.requests;
    exchange->Begin(core_.get(), request, observer);
    return exchange;
  }

  [[nodiscard]] const ClientCounters& counters() const override { return core_->counters; }

 private:
  const Ref<ClientCore> core_;
};

}  // namespace

void ClientObserver::OnUpgrade(Ref<ClientResponse>, std::unique_ptr<Transport>) {}

std::unique_ptr<Client> Client::Create(uv_loop_t* loop, const ClientOptions& options) {
  return std::make_unique<PooledClient>(loop, options);
}

}  // namespace verge::http
