#include "bindings/worker/request_limits.h"

#include <format>

namespace verge::bindings {
namespace {

// What a field takes besides its name and value, as the server counts it: colon, space, CRLF.
constexpr size_t kFieldOverhead = 4;

void Refuse(http::Exchange& exchange, int status, std::string_view what, uint64_t bytes, uint64_t allowed) {
  constexpr http::HeaderField kFields[] = {{"Content-Type", "text/plain; charset=utf-8"}};
  const std::string text =
      std::format("{} {}: {}: {} bytes, {} allowed\n", status, http::ReasonPhrase(status), what, bytes, allowed);
  exchange.Respond({.status = status, .status_text = {}, .headers = kFields}, std::string_view(text));
}

}  // namespace

bool AdmitRequest(http::Exchange& exchange, const runtime::Limits& limits) {
  const http::RequestHead& head = *exchange.head();
  if (head.target().size() > limits.url_bytes) [[unlikely]] {
    Refuse(exchange, 414, "the request's target is too long", head.target().size(), limits.url_bytes);
    return false;
  }
  size_t header_bytes = 0;
  for (const http::HeaderField& field : head.headers()) {
    header_bytes += field.name.size() + field.value.size() + kFieldOverhead;
  }
  if (header_bytes > limits.header_bytes) [[unlikely]] {
    Refuse(exchange, 431, "the header fields are too long", header_bytes, limits.header_bytes);
    return false;
  }
  if (head.content_length().value_or(0) > limits.request_body_bytes) [[unlikely]] {
    Refuse(exchange, 413, "the request's body is too large", *head.content_length(), limits.request_body_bytes);
    return false;
  }
  return true;
}

}  // namespace verge::bindings
