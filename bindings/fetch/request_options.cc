#include "bindings/fetch/request_options.h"

#include <ada.h>

#include <algorithm>
#include <span>
#include <string>

namespace verge::bindings {
namespace {

// Positions of the packed fields.
constexpr int kCacheShift = 2;
constexpr int kCredentialsShift = 5;
constexpr int kModeShift = 7;
constexpr int kPolicyShift = 9;
constexpr int kNoReferrerShift = 13;
constexpr int kKeepaliveShift = 14;

constexpr std::array<std::string_view, 3> kPriorities = {"auto", "high", "low"};

Result<> Choose(const Cx& cx, const std::optional<std::string>& given, std::span<const std::string_view> values,
                std::string_view type, uint8_t* out) {
  if (!given) return {};
  auto found = std::ranges::find(values, std::string_view(*given));
  if (found == values.end()) {
    return std::unexpected(cx.MakeTypeError("The provided value '" + *given + "' is not a valid enum value of type " +
                                            std::string(type) + "."));
  }
  *out = static_cast<uint8_t>(found - values.begin());
  return {};
}

}  // namespace

RequestOptions RequestOptions::Unpack(uint16_t bits) {
  auto field = [bits](int shift, int mask) { return static_cast<uint8_t>(bits >> shift & mask); };
  return {.redirect = field(0, 3),
          .cache = field(kCacheShift, 7),
          .credentials = field(kCredentialsShift, 3),
          .mode = field(kModeShift, 3),
          .referrer_policy = field(kPolicyShift, 15),
          .no_referrer = field(kNoReferrerShift, 1) != 0,
          .keepalive = field(kKeepaliveShift, 1) != 0};
}

uint16_t RequestOptions::Pack() const {
  return static_cast<uint16_t>(redirect | cache << kCacheShift | credentials << kCredentialsShift | mode << kModeShift |
                               referrer_policy << kPolicyShift | no_referrer << kNoReferrerShift |
                               keepalive << kKeepaliveShift);
}

Result<> RequestOptionsInit::Apply(const Cx& cx, RequestOptions* options) const {
  uint8_t chosen = 0;
  if (auto done = Choose(cx, cache, kCacheModes, "RequestCache", &options->cache); !done) return done;
  if (auto done = Choose(cx, credentials, kCredentialsModes, "RequestCredentials", &options->credentials); !done) {
    return done;
  }
  if (duplex && *duplex != "half") {
    return std::unexpected(
        cx.MakeTypeError("The provided value '" + *duplex + "' is not a valid enum value of type RequestDuplex."));
  }
  if (keepalive) options->keepalive = *keepalive;
  // "navigate" is a valid value, which the constructor refuses: the message is the only difference.
  if (auto done = Choose(cx, mode, kRequestModes, "RequestMode", &options->mode); !done) return done;
  if (auto done = Choose(cx, priority, kPriorities, "RequestPriority", &chosen); !done) return done;
  if (redirect) {
    if (!std::ranges::contains(kRedirectModes, std::string_view(*redirect))) {
      return TypeError("Invalid redirect value, must be one of \"follow\", \"manual\" or \"error\" (got \"" +
                       *redirect + "\").");
    }
    if (auto done = Choose(cx, redirect, kRedirectModes, "RequestRedirect", &chosen); !done) return done;
    options->redirect = static_cast<uint8_t>(chosen + 1);
  }
  if (referrer) {
    // A worker has no origin, and every referrer another one: it stands for the client, as in the standard.
    if (!referrer->empty() && !ada::parse<ada::url_aggregator>(*referrer)) {
      return std::unexpected(cx.MakeTypeError("Referrer '" + *referrer + "' is not a valid URL."));
    }
    options->no_referrer = referrer->empty();
  }
  if (auto done = Choose(cx, referrer_policy, kReferrerPolicies, "ReferrerPolicy", &options->referrer_policy); !done) {
    return done;
  }
  if (!window.IsEmpty() && !window->IsNullOrUndefined()) {
    return std::unexpected(cx.MakeTypeError("'window' can only be null."));
  }
  return {};
}

Result<> CheckRequestOptions(const Cx& cx, const RequestOptions& options, std::string_view method) {
  std::string_view mode = kRequestModes[options.mode];
  if (mode == "no-cors" && method != "GET" && method != "HEAD" && method != "POST") {
    return std::unexpected(cx.MakeTypeError("'" + std::string(method) + "' is unsupported in no-cors mode."));
  }
  if (kCacheModes[options.cache] == "only-if-cached" && mode != "same-origin") {
    return std::unexpected(cx.MakeTypeError("'only-if-cached' can be set only with 'same-origin' mode."));
  }
  return {};
}

}  // namespace verge::bindings
