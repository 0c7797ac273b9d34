// The origin behind a worker: the server that a request goes to when the worker passes it on. No V8.
//
// As on Cloudflare, where a worker stands in front of a site: a fetch() of the host that the event came in for does not
// come around to the worker again but goes to the site's own server.
#ifndef BINDINGS_FETCH_ORIGIN_H_
#define BINDINGS_FETCH_ORIGIN_H_

#include <ada.h>

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "http/message.h"

namespace verge::bindings {

struct Origin {
  bool secure = false;
  std::string host;  // as in a URL: "example.com", "127.0.0.1", "[::1]"
  uint16_t port = 80;
  std::string authority;  // what Host says when it does not keep what the client sent
  // Send the Host that the client sent, so that the origin sees the site's name.
  bool keep_host = true;

  // "http://127.0.0.1:9000". An error says what is wrong with it.
  static std::expected<Origin, std::string> Parse(std::string_view url);
};

// Whether `url` names the host that the event's request came in for.
bool IsOwnHost(const ada::url_aggregator& url, const http::RequestHead& head);

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_ORIGIN_H_
