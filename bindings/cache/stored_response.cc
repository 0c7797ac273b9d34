#include "bindings/cache/stored_response.h"

#include <utility>

#include "http/bytes_source.h"

namespace verge::bindings {
namespace {

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
    if (auto whole = entry->WholeBody()) return http::MakeRef<http::BytesSource>(*std::move(whole));
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
