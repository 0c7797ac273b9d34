// Where the parts of a URL lie in its serialization. No V8.
//
// A URL's state is its href and these offsets. They are kept as four words that V8 takes for aligned pointers and does
// not look at, so that a URL object needs nothing outside of the JavaScript heap.
#ifndef BINDINGS_URL_URL_PARTS_H_
#define BINDINGS_URL_URL_PARTS_H_

#include <ada.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace verge::bindings {

enum class UrlPart : uint8_t { kProtocol, kUsername, kPassword, kHost, kHostname, kPort, kPathname, kSearch, kHash };

class UrlParts {
 public:
  // In the href; empty when begin == end.
  struct Range {
    uint32_t begin;
    uint32_t end;
  };
  static constexpr int kWords = 4;
  using Words = std::array<void*, kWords>;

  // `href` of `url` must be shorter than 2^31 - 1.
  explicit UrlParts(const ada::url_aggregator& url);

  // The parts of a URL that is plainly in normal form already: http or https, a host of lower-case letters, digits and
  // hyphens or an IPv4 address, perhaps a port, a path and a query without anything to encode or to resolve. That is
  // what nearly all URLs of requests are, and ten times quicker than parsing. Nothing: ask the parser.
  static std::optional<UrlParts> OfNormalized(std::string_view url);

  // What Pack gave.
  explicit UrlParts(const Words& words);
  [[nodiscard]] Words Pack() const;

  // What the getter of the same name returns (https://url.spec.whatwg.org/#api).
  [[nodiscard]] Range Find(UrlPart part, uint32_t href_length) const;

  // The origin is a tuple of scheme, host and port: that of all special schemes but "file".
  [[nodiscard]] bool has_tuple_origin() const { return (flags_ & kTupleOrigin) != 0; }
  // Between the scheme's colon and the host is more than "//".
  [[nodiscard]] bool has_credentials() const { return (flags_ & kHasCredentials) != 0; }

 private:
  UrlParts() = default;

  static constexpr uint32_t kNone = 0x7fffffff;
  enum Flag : uint32_t { kHasPort = 1, kHasCredentials = 2, kTupleOrigin = 4 };

  uint32_t protocol_end_;  // after the colon
  uint32_t username_end_;
  uint32_t password_end_;  // at the "@", when there are credentials
  uint32_t host_end_;
  uint32_t pathname_start_;
  uint32_t search_start_;  // the "?", or kNone
  uint32_t hash_start_;    // the "#", or kNone
  uint32_t flags_ = 0;
};

}  // namespace verge::bindings

#endif  // BINDINGS_URL_URL_PARTS_H_
