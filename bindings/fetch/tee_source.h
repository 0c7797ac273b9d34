// One body for two consumers, in C++. No V8.
#ifndef BINDINGS_FETCH_TEE_SOURCE_H_
#define BINDINGS_FETCH_TEE_SOURCE_H_

#include <cstddef>
#include <utility>

#include "http/body.h"
#include "http/content_coding.h"
#include "http/ref_counted.h"

namespace verge::bindings {

// A body that is in a content coding until somebody reads it: decoded as it is pulled, unless KeepCoded was called
// before that.
class LazyDecoder final : public http::BodySource {
 public:
  LazyDecoder(http::Ref<http::BodySource> source, http::ContentCoding coding)
      : source_(std::move(source)), coding_(coding) {}

  void Pull(http::BodySink* sink) override;
  void Cancel() override { source_->Cancel(); }
  [[nodiscard]] std::optional<uint64_t> length() const override {
    return coding_ == http::ContentCoding::kIdentity ? source_->length() : std::nullopt;
  }
  std::optional<http::Bytes> TakeWhole() override {
    return coding_ == http::ContentCoding::kIdentity ? source_->TakeWhole() : std::nullopt;
  }
  bool KeepCoded(http::ContentCoding coding) override;
  [[nodiscard]] http::ContentCoding coding() const override {
    return pulled_ ? http::ContentCoding::kIdentity : coding_;
  }

 private:
  http::Ref<http::BodySource> source_;
  http::ContentCoding coding_;
  bool pulled_ = false;
};

// Two bodies that deliver what `source` does. It is pulled when either is; what one of them has not taken yet is kept
// for it, its chunks shared with the other one's, and one that lags behind by more than `max_lag` bytes fails.
// A coding that the source would remove is left to each branch.
std::pair<http::Ref<http::BodySource>, http::Ref<http::BodySource>> TeeBody(http::Ref<http::BodySource> source,
                                                                            size_t max_lag);

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_TEE_SOURCE_H_
