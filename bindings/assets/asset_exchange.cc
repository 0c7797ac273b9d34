#include "bindings/assets/asset_exchange.h"

#include <utility>

#include "assets/front.h"
#include "cache/fields.h"
#include "http/bytes_source.h"

namespace verge::bindings {
namespace {

// The reply of a site as a server's response; it keeps what its fields point to.
class AssetResponse final : public http::ClientResponse {
 public:
  AssetResponse(assets::Reply reply, bool with_body) : reply_(std::move(reply)) {
    status_ = reply_.status;
    headers_ = reply_.fields;
    if (!with_body) {
      if (auto* source = std::get_if<http::Ref<http::BodySource>>(&reply_.body)) (*source)->Cancel();
    } else if (auto* bytes = std::get_if<http::Bytes>(&reply_.body)) {
      body_ = http::MakeRef<http::BytesSource>(std::move(*bytes));
    } else if (auto* text = std::get_if<std::string_view>(&reply_.body)) {
      body_ = http::MakeRef<http::BytesSource>(http::Bytes::Copy(*text));
    } else if (auto* source = std::get_if<http::Ref<http::BodySource>>(&reply_.body)) {
      body_ = std::move(*source);
    }
  }

 private:
  assets::Reply reply_;
};

class AssetExchange final : public http::ClientExchange {
 public:
  AssetExchange(runtime::Shard& shard, std::shared_ptr<const assets::Site> site, const AssetRequest& request,
                http::ClientObserver* observer)
      : shard_(shard),
        site_(std::move(site)),
        method_(request.method),
        authority_(request.authority),
        target_(request.target),
        fields_(cache::FieldList::Copy(request.fields)),
        secure_(request.secure),
        observer_(observer) {}

  void Cancel() override { observer_ = nullptr; }

  void Start() {
    const http::Ref<AssetExchange> self(this);
    shard_.Post([self] { self->Decide(); });
  }

 private:
  class Answer final : public assets::SiteAnswer {
   public:
    explicit Answer(http::Ref<AssetExchange> exchange) : exchange_(std::move(exchange)) {}
    [[nodiscard]] assets::SiteRequest request() const override { return exchange_->Request(); }
    void OnReply(assets::Reply reply) override { exchange_->OnReply(std::move(reply)); }

   private:
    const http::Ref<AssetExchange> exchange_;
  };

  [[nodiscard]] assets::SiteRequest Request() const {
    return {.method = method_, .authority = authority_, .target = target_, .secure = secure_, .fields = fields_.view()};
  }

  void Decide() {
    if (!observer_) return;
    const assets::Decision decision = site_->Decide(Request(), assets::Site::Asker::kWorker);
    assets::AnswerFrom(site_, shard_.loop(), decision, std::make_unique<Answer>(http::Ref<AssetExchange>(this)));
  }

  void OnReply(assets::Reply reply) {
    http::ClientObserver* observer = std::exchange(observer_, nullptr);
    if (!observer) return;
    observer->OnResponse(http::MakeRef<AssetResponse>(std::move(reply), method_ != "HEAD"));
  }

  runtime::Shard& shard_;
  const std::shared_ptr<const assets::Site> site_;
  const std::string method_;
  const std::string authority_;
  const std::string target_;
  const cache::FieldList fields_;
  const bool secure_;
  http::ClientObserver* observer_;
};

}  // namespace

http::Ref<http::ClientExchange> FetchAsset(runtime::Shard& shard, std::shared_ptr<const assets::Site> site,
                                           const AssetRequest& request, http::ClientObserver* observer) {
  auto exchange = http::MakeRef<AssetExchange>(shard, std::move(site), request, observer);
  exchange->Start();
  return exchange;
}

}  // namespace verge::bindings
