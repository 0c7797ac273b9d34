#include "bindings/fetch/pass_through.h"

#include <string>
#include <utility>
#include <vector>

#include "bindings/fetch/cdn_loop.h"

namespace verge::bindings {

PassThrough::PassThrough(http::Client& client, const Origin& origin, http::Ref<http::Exchange> exchange,
                         http::Ref<http::BodySource> body)
    : exchange_(std::move(exchange)) {
  const http::RequestHead& head = *exchange_->head();
  std::vector<http::HeaderField> fields;
  std::string loop = NextCdnLoop(&head);
  fields.push_back({"Host", origin.keep_host ? head.authority() : std::string_view(origin.authority)});
  for (const http::HeaderField& field : head.headers()) {
    if (http::EqualsIgnoreCase(field.name, "host") || http::EqualsIgnoreCase(field.name, "cdn-loop")) continue;
    fields.push_back(field);
  }
  fields.push_back({"CDN-Loop", loop});
  http::ClientRequest request;
  request.method = head.method();
  request.secure = origin.secure;
  request.host = origin.host;
  request.port = origin.port;
  request.target = head.target();
  request.trusted = true;
  request.headers = fields;
  if (body) request.body = std::move(body);
  request_ = client.Send(std::move(request), this);
}

PassThrough::~PassThrough() {
  if (request_) request_->Cancel();
}

void PassThrough::OnResponse(http::Ref<http::ClientResponse> response) {
  http::ResponseBody body;
  if (http::Ref<http::BodySource> source = response->TakeBody()) body = std::move(source);
  exchange_->Respond(
      {.status = response->status(), .status_text = response->status_text(), .headers = response->headers()},
      std::move(body));
}

void PassThrough::OnError(http::ClientError) {
  exchange_->Respond({.status = 502, .status_text = {}, .headers = {}},
                     std::string_view("error code: 502\nThe origin cannot be reached\n"));
}

}  // namespace verge::bindings
