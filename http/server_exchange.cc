#include "http/server_exchange.h"

#include <utility>

#include "http/connection.h"
#include "http/server_transport.h"

namespace verge::http {

Ref<BodySource> ServerExchange::body() {
  if (!body_) return nullptr;
  body_taken_ = true;
  return Ref<BodySource>(body_.get());
}

void ServerExchange::Respond(const ResponseHead& head, ResponseBody body) {
  if (connection_ && !responded_) {
    connection_->Respond(this, head, std::move(body));
    return;
  }
  responded_ = true;
  // Nobody will pull it; its producer should know.
  if (auto* source = std::get_if<Ref<BodySource>>(&body); source && *source) (*source)->Cancel();
}

std::unique_ptr<Transport> ServerExchange::RespondUpgrade(std::string_view protocol,
                                                          std::span<const HeaderField> headers) {
  if (!connection_ || responded_) return nullptr;
  return connection_->RespondUpgrade(this, protocol, headers);
}

void ServerExchange::Abort() {
  if (connection_) connection_->Abort();
}

void ServerExchange::Finish(ExchangeOutcome outcome) {
  connection_ = nullptr;
  if (ExchangeObserver* observer = std::exchange(observer_, nullptr)) observer->OnExchangeDone(outcome);
}

void ServerExchange::OnZeroReferences() {
  head_.reset();
  body_.reset();
  observer_ = nullptr;
  connection_ = nullptr;
  next_ = nullptr;
  responded_ = false;
  body_taken_ = false;
  Pool<ServerExchange>::GiveBack(this);
}

}  // namespace verge::http
