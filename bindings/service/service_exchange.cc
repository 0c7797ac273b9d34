#include "bindings/service/service_exchange.h"

#include <utility>
#include <variant>
#include <vector>

#include "bindings/fetch/made_response.h"
#include "bindings/service/transport_pair.h"
#include "http/bytes_source.h"
#include "http/websocket/handshake.h"

namespace verge::bindings {

// ---- ServiceRequestHead

ServiceRequestHead::ServiceRequestHead(const Parts& parts) {
  size_t size = parts.method.size() + parts.authority.size() + parts.target.size() + parts.client_address.size();
  for (const http::HeaderField& field : parts.fields) size += field.name.size() + field.value.size();
  storage_.reserve(size);  // views into it stay valid
  method_ = Store(parts.method);
  authority_ = Store(parts.authority);
  target_ = Store(parts.target);
  client_address_ = Store(parts.client_address);
  secure_ = parts.secure;
  has_body_ = parts.has_body;
  content_length_ = parts.content_length;
  headers_.reserve(parts.fields.size());
  for (const http::HeaderField& field : parts.fields) {
    std::string_view name = Store(field.name);
    headers_.push_back({name, Store(field.value)});
  }
}

std::string_view ServiceRequestHead::Store(std::string_view text) {
  size_t offset = storage_.size();
  storage_.append(text);
  return std::string_view(storage_).substr(offset);
}

// ---- ServiceExchange

ServiceExchange::ServiceExchange(runtime::Shard& shard, http::Ref<http::RequestHead> head,
                                 http::Ref<http::BodySource> body, ServiceObserver* observer)
    : shard_(shard), head_(std::move(head)), observer_(observer) {
  if (body) body_ = http::MakeRef<CrossingBody>(shard, std::move(body));
}

ServiceExchange::~ServiceExchange() = default;

void ServiceExchange::Soon() {
  self_ = http::Ref<ServiceExchange>(this);
  Schedule(shard_);
}

void ServiceExchange::CancelCall() {
  observer_ = nullptr;
  if (responded_) return;
  responded_ = true;
  Over(http::ExchangeOutcome::kDisconnected);
}

void ServiceExchange::CancelBody() {
  if (http::Ref<CrossingBody> body = body_) body->Cancel();
}

void ServiceExchange::Over(http::ExchangeOutcome outcome) {
  if (!outcome_) outcome_ = outcome;
  Soon();
}

void ServiceExchange::Respond(const http::ResponseHead& head, http::ResponseBody body) {
  if (std::exchange(responded_, true)) return;
  http::Ref<ServiceExchange> keep(this);
  http::Ref<http::BodySource> source;
  if (auto* text = std::get_if<std::string_view>(&body)) {
    if (!text->empty()) source = http::MakeRef<http::BytesSource>(http::Bytes::Copy(*text));
  } else if (auto* bytes = std::get_if<http::Bytes>(&body)) {
    if (!bytes->empty()) source = http::MakeRef<http::BytesSource>(std::move(*bytes));
  } else if (auto* given = std::get_if<http::Ref<http::BodySource>>(&body); given && *given) {
    response_body_ = http::MakeRef<CrossingBody>(shard_, std::move(*given), [keep](http::ExchangeOutcome outcome) {
      keep->response_body_.reset();
      keep->Over(outcome);
    });
    source = response_body_;
  }
  if (!response_body_) outcome_ = http::ExchangeOutcome::kSent;
  response_ = http::MakeRef<MadeResponse>(head, std::move(source));
  Soon();
}

std::unique_ptr<http::Transport> ServiceExchange::RespondUpgrade(std::string_view protocol,
                                                                 std::span<const http::HeaderField> headers) {
  if (responded_ || !observer_ || !http::IsWebSocketRequest(*head_)) return nullptr;
  responded_ = true;
  std::vector<http::HeaderField> fields = {{"Upgrade", protocol}, {"Connection", "Upgrade"}};
  fields.insert(fields.end(), headers.begin(), headers.end());
  response_ = http::MakeRef<MadeResponse>(http::ResponseHead{.status = 101, .status_text = {}, .headers = fields},
                                          http::Ref<http::BodySource>());
  auto [ours, theirs] = MakeTransportPair(shard_);
  transport_ = std::move(theirs);
  outcome_ = http::ExchangeOutcome::kSent;
  // Not before who calls this has done something with its end: until then the event holds nothing open.
  shard_.Post([self = http::Ref<ServiceExchange>(this)] { self->Soon(); });
  return std::move(ours);
}

void ServiceExchange::Abort() {
  http::Ref<ServiceExchange> keep(this);
  if (std::exchange(responded_, true)) {
    if (http::Ref<CrossingBody> body = response_body_) body->Break("The worker that produced this body was stopped.");
  } else if (!failure_) {
    failure_ = EventFailure{.name = "Error", .message = "The worker gave no response."};
  }
  Over(http::ExchangeOutcome::kBodyFailed);
}

void ServiceExchange::OnIsolateLeft() {
  http::Ref<ServiceExchange> keep = std::move(self_);
  // The event first: its invocation may be over with this, and need not wait for what the caller does now.
  if (auto outcome = std::exchange(outcome_, std::nullopt)) {
    if (http::ExchangeObserver* event = std::exchange(event_, nullptr)) event->OnExchangeDone(*outcome);
  }
  TellCaller();
}

void ServiceExchange::TellCaller() {
  if (!response_ && !failure_) return;
  http::Ref<http::ClientResponse> response = std::move(response_);
  std::unique_ptr<http::Transport> transport = std::move(transport_);
  auto failure = std::exchange(failure_, std::nullopt);
  ServiceObserver* observer = std::exchange(observer_, nullptr);
  if (!observer) {
    // Dropping what the response has ends the event.
    if (auto body = response ? response->TakeBody() : nullptr) body->Cancel();
    return;
  }
  if (failure) {
    observer->OnFailed(*std::move(failure));
  } else if (transport) {
    observer->OnUpgrade(std::move(response), std::move(transport));
  } else {
    observer->OnResponse(std::move(response));
  }
}

}  // namespace verge::bindings
