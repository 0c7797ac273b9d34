// What a redirect makes of a request (https://fetch.spec.whatwg.org/#http-redirect-fetch). No V8.
#ifndef BINDINGS_FETCH_REDIRECT_H_
#define BINDINGS_FETCH_REDIRECT_H_

#include <ada.h>

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace verge::bindings {

// As many are followed for one fetch().
inline constexpr int kMaxRedirects = 20;

bool IsRedirectStatus(int status);

// Http and https only; without a user name or password, which are not sent.
struct RedirectTarget {
  ada::url_aggregator url;
  bool drop_body = false;         // becomes a GET without a body; so do the fields that describe the body
  bool drop_credentials = false;  // another origin: Authorization, Cookie and the like stay behind
};

// `location` is the field's value as it came, Latin-1. Empty: the response has no such field and is the result itself.
// An error says why the redirect cannot be followed.
std::expected<std::optional<RedirectTarget>, std::string> FollowRedirect(int status,
                                                                         std::optional<std::string_view> location,
                                                                         const ada::url_aggregator& from,
                                                                         std::string_view method);

// The fields that a redirect takes away from a request.
bool IsBodyField(std::string_view name);
bool IsCredentialField(std::string_view name);

bool IsHttp(const ada::url_aggregator& url);
uint16_t PortOf(const ada::url_aggregator& url);

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_REDIRECT_H_
