#include "bindings/fetch/redirect.h"

#include <algorithm>
#include <charconv>

#include "http/message.h"

namespace verge::bindings {
namespace {

constexpr std::string_view kBodyFields[] = {"content-encoding", "content-language", "content-length",
                                            "content-location", "content-type"};
constexpr std::string_view kCredentialFields[] = {"authorization", "cookie", "cookie2", "proxy-authorization",
                                                  "www-authenticate"};

bool IsAnyOf(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::any_of(names, [name](std::string_view each) { return http::EqualsIgnoreCase(name, each); });
}

// A field's bytes are Latin-1, or UTF-8 that nobody declared as such: only ASCII is beyond doubt, the rest is
// percent-encoded byte by byte (https://fetch.spec.whatwg.org/#concept-response-location-url).
std::string EncodeBytes(std::string_view text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string result;
  result.reserve(text.size());
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      result += c;
    } else {
      result += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return result;
}

}  // namespace

bool IsRedirectStatus(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool IsBodyField(std::string_view name) { return IsAnyOf(name, kBodyFields); }

bool IsCredentialField(std::string_view name) { return IsAnyOf(name, kCredentialFields); }

bool IsHttp(const ada::url_aggregator& url) { return url.type == ada::scheme::HTTP || url.type == ada::scheme::HTTPS; }

uint16_t PortOf(const ada::url_aggregator& url) {
  std::string_view text = url.get_port();
  uint16_t port = url.type == ada::scheme::HTTPS ? 443 : 80;
  if (!text.empty()) std::from_chars(text.data(), text.data() + text.size(), port);
  return port;
}

std::expected<std::optional<RedirectTarget>, std::string> FollowRedirect(int status,
                                                                         std::optional<std::string_view> location,
                                                                         const ada::url_aggregator& from,
                                                                         std::string_view method) {
  if (!location) return std::nullopt;
  auto parsed = ada::parse<ada::url_aggregator>(EncodeBytes(*location), &from);
  if (!parsed) return std::unexpected("the redirect's Location is not a valid URL: " + std::string(*location));
  if (!IsHttp(*parsed)) {
    return std::unexpected("a redirect to " + std::string(parsed->get_protocol()) + " is not followed");
  }
  if (!parsed->has_hash() && from.has_hash()) parsed->set_hash(from.get_hash());
  parsed->set_username("");
  parsed->set_password("");
  RedirectTarget target{.url = *std::move(parsed)};
  target.drop_body =
      ((status == 301 || status == 302) && method == "POST") || (status == 303 && method != "GET" && method != "HEAD");
  target.drop_credentials = target.url.get_origin() != from.get_origin();
  return target;
}

}  // namespace verge::bindings
