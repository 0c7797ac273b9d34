// Responses out of a cache, in the shape in which responses come from a server. No V8.
#ifndef BINDINGS_CACHE_STORED_RESPONSE_H_
#define BINDINGS_CACHE_STORED_RESPONSE_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cache/answer.h"
#include "http/client/client.h"

namespace verge::bindings {

inline constexpr std::string_view kCacheStatusField = "Cf-Cache-Status";

// The head and body of an answer from the store. Its fields are views into the entry, which it keeps.
class StoredResponse final : public http::ClientResponse {
 public:
  StoredResponse(cache::EntryRef entry, cache::Answer answer, const std::shared_ptr<cache::Executor>& executor);

 private:
  const cache::EntryRef entry_;
  cache::Answer answer_;
  std::string length_;
};

// A response of the origin with a field that says what the cache had to do with it.
class MarkedResponse final : public http::ClientResponse {
 public:
  // `status` outlives it.
  MarkedResponse(http::Ref<http::ClientResponse> response, std::string_view status);

 private:
  const http::Ref<http::ClientResponse> response_;
};

// A response of the cache's own making: 504 for what only a stored response could have answered.
http::Ref<http::ClientResponse> UnavailableResponse();

// The body of a stored response as a source: all of it in one piece if it is there.
http::Ref<http::BodySource> StoredBody(const cache::EntryRef& entry, const cache::Answer& answer,
                                       const std::shared_ptr<cache::Executor>& executor);

// The fields of a stored response, for a Headers object: views into the entry, which it keeps.
class StoredHead final : public http::MessageHead {
 public:
  StoredHead(cache::EntryRef entry, cache::Answer answer);
  [[nodiscard]] const cache::Answer& answer() const { return answer_; }

 private:
  const cache::EntryRef entry_;
  cache::Answer answer_;
  std::string length_;
};

}  // namespace verge::bindings

#endif  // BINDINGS_CACHE_STORED_RESPONSE_H_
