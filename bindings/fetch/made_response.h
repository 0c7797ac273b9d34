// The response of a worker as whoever asked for it gets it: like that of a server.
#ifndef BINDINGS_FETCH_MADE_RESPONSE_H_
#define BINDINGS_FETCH_MADE_RESPONSE_H_

#include <cstddef>
#include <string_view>
#include <utility>

#include "http/body.h"
#include "http/client/client.h"
#include "http/message.h"

namespace verge::bindings {

// Keeps a copy of the head.
class MadeResponse final : public http::ClientResponse {
 public:
  // `body` may be null.
  MadeResponse(const http::ResponseHead& head, http::Ref<http::BodySource> body) {
    size_t size = head.status_text.size();
    for (const http::HeaderField& field : head.headers) size += field.name.size() + field.value.size();
    storage_.reserve(size);  // views into it stay valid
    status_ = head.status;
    status_text_ = Store(head.status_text);
    headers_.reserve(head.headers.size());
    for (const http::HeaderField& field : head.headers) {
      std::string_view name = Store(field.name);
      headers_.push_back({name, Store(field.value)});
    }
    body_ = std::move(body);
  }

 private:
  std::string_view Store(std::string_view text) {
    size_t offset = storage_.size();
    storage_.append(text);
    return std::string_view(storage_).substr(offset);
  }
};

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_MADE_RESPONSE_H_
