#include "bindings/fetch/background_exchange.h"

#include <utility>

#include "http/client/transport.h"

namespace verge::bindings {

// ---- MadeRequestHead

MadeRequestHead::MadeRequestHead(const http::RequestHead& head, std::span<const http::HeaderField> fields) {
  Reserve(head, fields);
  CopyLine(head);
  for (const http::HeaderField& field : fields) {
    std::string_view name = Store(field.name);
    headers_.push_back({name, Store(field.value)});
  }
}

void MadeRequestHead::Reserve(const http::RequestHead& head, std::span<const http::HeaderField> fields) {
  size_t size =
      kExtra + head.method().size() + head.target().size() + head.authority().size() + head.client_address().size();
  for (const http::HeaderField& field : fields) size += field.name.size() + field.value.size();
  storage_.reserve(size);  // views into it stay valid
}

std::string_view MadeRequestHead::Store(std::string_view text) {
  size_t offset = storage_.size();
  storage_.append(text);
  return std::string_view(storage_).substr(offset);
}

void MadeRequestHead::CopyLine(const http::RequestHead& head) {
  method_ = Store(head.method());
  target_ = Store(head.target());
  authority_ = Store(head.authority());
  client_address_ = Store(head.client_address());
  version_ = head.version();
  secure_ = head.secure();
  tls_version_ = head.tls_version();
  tls_cipher_ = head.tls_cipher();
}

void MadeRequestHead::Add(std::string_view name, std::string_view value) {
  if (storage_.capacity() - storage_.size() < name.size() + value.size()) return;
  std::string_view stored = Store(name);
  headers_.push_back({stored, Store(value)});
}

bool IsConditionOrRange(std::string_view name) {
  for (std::string_view each :
       {"if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "range"}) {
    if (http::EqualsIgnoreCase(name, each)) return true;
  }
  return false;
}

// ---- BackgroundExchange

BackgroundExchange::~BackgroundExchange() {
  observer_ = nullptr;
  if (!over_ && source_) source_->Cancel();
}

void BackgroundExchange::Respond(const http::ResponseHead&, http::ResponseBody body) {
  if (std::exchange(responded_, true)) return;
  http::Ref<BackgroundExchange> keep(this);
  if (auto* source = std::get_if<http::Ref<http::BodySource>>(&body); source && *source) {
    source_ = std::move(*source);
    Read();
    return;
  }
  Finish(http::ExchangeOutcome::kSent);
}

std::unique_ptr<http::Transport> BackgroundExchange::RespondUpgrade(std::string_view,
                                                                    std::span<const http::HeaderField>) {
  return nullptr;
}

void BackgroundExchange::Abort() {
  http::Ref<BackgroundExchange> keep(this);
  responded_ = true;
  if (http::Ref<http::BodySource> source = std::move(source_)) source->Cancel();
  Finish(http::ExchangeOutcome::kBodyFailed);
}

void BackgroundExchange::Read() {
  if (reading_) {
    again_ = true;
    return;
  }
  http::Ref<BackgroundExchange> keep(this);
  reading_ = true;
  do {
    again_ = false;
    if (!source_) break;
    http::Ref<http::BodySource> source = source_;
    source->Pull(this);
  } while (again_);
  reading_ = false;
}

void BackgroundExchange::OnChunk(http::Bytes) { Read(); }

void BackgroundExchange::OnEnd() {
  source_.reset();
  Finish(http::ExchangeOutcome::kSent);
}

void BackgroundExchange::OnError(http::BodyError, std::string_view) {
  source_.reset();
  Finish(http::ExchangeOutcome::kBodyFailed);
}

void BackgroundExchange::Finish(http::ExchangeOutcome outcome) {
  if (std::exchange(over_, true)) return;
  if (http::ExchangeObserver* observer = std::exchange(observer_, nullptr)) observer->OnExchangeDone(outcome);
}

}  // namespace verge::bindings
