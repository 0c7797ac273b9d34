// data: URLs (https://fetch.spec.whatwg.org/#data-url-processor). No V8.
#ifndef BINDINGS_FETCH_DATA_URL_H_
#define BINDINGS_FETCH_DATA_URL_H_

#include <optional>
#include <string>
#include <string_view>

namespace verge::bindings {

struct DataUrl {
  std::string mime_type;  // serialized: what Content-Type says
  std::string body;       // any bytes
};

// `url` is a serialized URL (an href) whose scheme is "data"; a fragment in it is left out. Nothing: failure, which is
// a network error for fetch().
std::optional<DataUrl> ParseDataUrl(std::string_view url);

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_DATA_URL_H_
