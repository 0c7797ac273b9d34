#include "bindings/cache/stored_response.h"

#include <utility>

namespace verge::bindings {
namespace {

// A body in one piece.
class WholeSource final : public http::BodySource {
 public:
  explicit WholeSource(http::Bytes bytes) : bytes_(std::move(bytes)), length_(bytes_.size()) {}

  void Pull(http::BodySink* sink) override {
    touched_ = true;
    if (bytes_.empty()) {
      sink->OnEnd();
    } else {
      sink->OnChunk(std::exchange(bytes_, {}));
    }
  }
  void Cancel() override {
    touched_ = true;
    bytes_ = {};
  }
  [[nodiscard]] std::optional<uint64_t> length() const override { return length_; }
  [[nodiscard]] bool touched() const override { return touched_; }
  std::optional<http::Bytes> TakeWhole() override {
    if (std::exchange(touched_, true)) return std::nullopt;
    return std::exchange(bytes_, {});
  }

 private:
  http::Bytes bytes_;
  const uint64_t length_;
  bool touched_ = false;
};

class Unavailable final : public http::ClientResponse {
 public:
  Unavailable() {
    status_ = 504;
    status_text_ = "Gateway Timeout";
    headers_.push_back({kCacheStatusField, "MISS"});
  }
};

// Of a whole body GET says Content-Length, so that readers of the fields see it.
void AddLength(const cache::Answer& answer, std::vector<http::HeaderField>* fields, std::string* text) {
  if (!answer.length) return;
  for (const http::HeaderField& field : *fields) {
    if (http::EqualsIgnoreCase(field.name, "content-length")) return;
  }
  *text = std::to_string(*answer.length);
  fields->push_back({"Content-Length", *text});
}

}  // namespace

http::Ref<http::BodySource> StoredBody(const cache::EntryRef& entry, const cache::Answer& answer,
                                       const std::shared_ptr<cache::Executor>& executor) {
  if (!answer.has_body) return nullptr;
  if (answer.ranges.empty()) {
    if (auto whole = entry->WholeBody()) return http::MakeRef<WholeSource>(*std::move(whole));
  }
  return cache::AnswerBody(entry, answer, executor);
}

StoredResponse::StoredResponse(cache::EntryRef entry, cache::Answer answer,
                               const std::shared_ptr<cache::Executor>& executor)
    : entry_(std::move(entry)), answer_(std::move(answer)) {
  status_ = answer_.status;
  status_text_ = answer_.status_text;
  headers_ = std::move(answer_.fields);
  AddLength(answer_, &headers_, &length_);
  body_ = StoredBody(entry_, answer_, executor);
}

MarkedResponse::MarkedResponse(http::Ref<http::ClientResponse> response, std::string_view status)
    : response_(std::move(response)) {
  status_ = response_->status();
  status_text_ = response_->status_text();
  headers_.reserve(response_->headers().size() + 1);
  for (const http::HeaderField& field : response_->headers()) {
    if (!http::EqualsIgnoreCase(field.name, kCacheStatusField)) headers_.push_back(field);
  }
  headers_.push_back({kCacheStatusField, status});
  body_ = response_->TakeBody();
}

http::Ref<http::ClientResponse> UnavailableResponse() { return http::MakeRef<Unavailable>(); }

StoredHead::StoredHead(cache::EntryRef entry, cache::Answer answer)
    : entry_(std::move(entry)), answer_(std::move(answer)) {
  headers_ = std::move(answer_.fields);
  AddLength(answer_, &headers_, &length_);
}

}  // namespace verge::bindings
