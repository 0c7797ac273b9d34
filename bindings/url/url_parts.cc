#include "bindings/url/url_parts.h"

#include <algorithm>

namespace verge::bindings {
namespace {

// Two offsets in one word whose lowest bit is 0.
void* PackTwo(uint32_t high, uint32_t low) {
  return reinterpret_cast<void*>(static_cast<uintptr_t>(high) << 32 | static_cast<uintptr_t>(low) << 1);
}
uint32_t High(void* word) { return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(word) >> 32); }
uint32_t Low(void* word) { return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(word)) >> 1; }
static_assert(sizeof(uintptr_t) == 8);

}  // namespace

UrlParts::UrlParts(const ada::url_aggregator& url) {
  const ada::url_components& components = url.get_components();
  protocol_end_ = components.protocol_end;
  username_end_ = components.username_end;
  password_end_ = components.host_start;
  host_end_ = components.host_end;
  pathname_start_ = components.pathname_start;
  search_start_ = std::min(components.search_start, kNone);
  hash_start_ = std::min(components.hash_start, kNone);
  if (components.port != ada::url_components::omitted) flags_ |= kHasPort;
  if (host_end_ > password_end_ && url.get_href()[password_end_] == '@') flags_ |= kHasCredentials;
  if (url.is_special() && url.type != ada::scheme::type::FILE) flags_ |= kTupleOrigin;
}

UrlParts::UrlParts(const Words& words)
    : protocol_end_(High(words[0])),
      username_end_(Low(words[0])),
      password_end_(High(words[1])),
      host_end_(Low(words[1])),
      pathname_start_(High(words[2])),
      search_start_(Low(words[2])),
      hash_start_(High(words[3])),
      flags_(Low(words[3])) {}

UrlParts::Words UrlParts::Pack() const {
  return {PackTwo(protocol_end_, username_end_), PackTwo(password_end_, host_end_),
          PackTwo(pathname_start_, search_start_), PackTwo(hash_start_, flags_)};
}

UrlParts::Range UrlParts::Find(UrlPart part, uint32_t href_length) const {
  constexpr Range kEmpty = {0, 0};
  uint32_t host_start = password_end_ + (has_credentials() ? 1 : 0);
  uint32_t search_or_hash = std::min({search_start_, hash_start_, href_length});
  switch (part) {
    case UrlPart::kProtocol:
      return {0, protocol_end_};
    case UrlPart::kUsername:
      return protocol_end_ + 2 < username_end_ ? Range{protocol_end_ + 2, username_end_} : kEmpty;
    case UrlPart::kPassword:
      return username_end_ + 1 < password_end_ ? Range{username_end_ + 1, password_end_} : kEmpty;
    case UrlPart::kHost:
      return host_start < host_end_ ? Range{host_start, (flags_ & kHasPort) != 0 ? pathname_start_ : host_end_}
                                    : kEmpty;
    case UrlPart::kHostname:
      return host_start < host_end_ ? Range{host_start, host_end_} : kEmpty;
    case UrlPart::kPort:
      return (flags_ & kHasPort) != 0 ? Range{host_end_ + 1, pathname_start_} : kEmpty;
    case UrlPart::kPathname:
      return {pathname_start_, search_or_hash};
    case UrlPart::kSearch: {
      uint32_t end = std::min(hash_start_, href_length);
      // A lone "?" counts as none.
      return search_start_ != kNone && search_start_ + 1 < end ? Range{search_start_, end} : kEmpty;
    }
    case UrlPart::kHash:
      return hash_start_ != kNone && hash_start_ + 1 < href_length ? Range{hash_start_, href_length} : kEmpty;
  }
  return kEmpty;
}

}  // namespace verge::bindings
