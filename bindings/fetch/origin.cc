#include "bindings/fetch/origin.h"

#include "bindings/fetch/redirect.h"

namespace verge::bindings {

std::expected<Origin, std::string> Origin::Parse(std::string_view text) {
  auto url = ada::parse<ada::url_aggregator>(text);
  if (!url || !IsHttp(*url)) return std::unexpected("not an http:// or https:// URL, such as http://127.0.0.1:9000");
  if (url->has_credentials()) return std::unexpected("a user name or password is not sent to an origin");
  if (url->get_pathname() != "/" || !url->get_search().empty() || !url->get_hash().empty()) {
    return std::unexpected("only scheme, host and port: paths and queries are those of the requests");
  }
  Origin origin;
  origin.secure = url->type == ada::scheme::HTTPS;
  origin.host = url->get_hostname();
  origin.port = PortOf(*url);
  origin.authority = url->get_host();
  return origin;
}

bool IsOwnHost(const ada::url_aggregator& url, const http::RequestHead& head) {
  std::string_view authority = head.authority().empty() ? std::string_view("localhost") : head.authority();
  if (http::EqualsIgnoreCase(authority, url.get_host())) return true;
  // "Example.com:80" and the like: as a URL says it.
  auto own = ada::parse<ada::url_aggregator>(std::string(head.scheme()) + "://" + std::string(authority));
  return own && own->get_host() == url.get_host();
}

}  // namespace verge::bindings
