// The members of a request that say how a browser fetches (https://fetch.spec.whatwg.org/#requestinit): checked and
// kept, so that code made for browsers sees what it expects. Of them `redirect` and `cache` mean something to this
// fetch().
#ifndef BINDINGS_FETCH_REQUEST_OPTIONS_H_
#define BINDINGS_FETCH_REQUEST_OPTIONS_H_

#include <array>
#include <cstdint>
#include <string_view>

#include "bindings/core/convert.h"
#include "bindings/core/error.h"

namespace verge::bindings {

// Enumerations of the standard; the first value is the default.
inline constexpr std::array<std::string_view, 3> kRedirectModes = {"follow", "manual", "error"};
inline constexpr std::array<std::string_view, 6> kCacheModes = {"default",  "no-store",    "reload",
                                                                "no-cache", "force-cache", "only-if-cached"};
inline constexpr std::array<std::string_view, 3> kCredentialsModes = {"same-origin", "omit", "include"};
inline constexpr std::array<std::string_view, 3> kRequestModes = {"cors", "no-cors", "same-origin"};
inline constexpr std::array<std::string_view, 9> kReferrerPolicies = {
    "",          "no-referrer",   "no-referrer-when-downgrade", "same-origin",
    "origin",    "strict-origin", "origin-when-cross-origin",   "strict-origin-when-cross-origin",
    "unsafe-url"};

// What a request keeps, in the 15 bits that a body's owner has (see SetBody).
struct RequestOptions {
  uint8_t redirect = 0;  // 0: not given, else 1 + an index into kRedirectModes
  uint8_t cache = 0;
  uint8_t credentials = 0;
  uint8_t mode = 0;
  uint8_t referrer_policy = 0;
  bool no_referrer = false;
  bool keepalive = false;

  static RequestOptions Unpack(uint16_t bits);
  [[nodiscard]] uint16_t Pack() const;
};

// The members of RequestInit that these options come from, in lexicographical order. Strings are kept as they were
// given until Apply looks at them.
struct RequestOptionsInit {
  std::optional<std::string> cache;
  std::optional<std::string> credentials;
  std::optional<std::string> duplex;
  std::optional<bool> keepalive;
  std::optional<std::string> mode;
  std::optional<std::string> priority;
  std::optional<std::string> redirect;
  std::optional<std::string> referrer;
  std::optional<std::string> referrer_policy;
  v8::Local<v8::Value> window;

  // Changes `options` by what was given. A TypeError for what the standard refuses.
  Result<> Apply(const Cx& cx, RequestOptions* options) const;
};

// The checks that need the method as well.
Result<> CheckRequestOptions(const Cx& cx, const RequestOptions& options, std::string_view method);

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_REQUEST_OPTIONS_H_
