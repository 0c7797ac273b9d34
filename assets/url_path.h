// The path of a request: as URLs have it, decoded, and encoded again.
#ifndef ASSETS_URL_PATH_H_
#define ASSETS_URL_PATH_H_

#include <string>
#include <string_view>

namespace verge::assets {

// The path and the query of a request's target ("/a/b?c"), the path as the URL standard parses it: without dot
// segments, with '/' for '\', and what has to be encoded encoded. Views into the target where it is that already, else
// into `storage`.
struct UrlPath {
  std::string_view path;
  std::string_view search;  // with its '?', or ""
  std::string storage;
  bool plain = false;  // the path is its own decoded and encoded form
};
void ParseUrlPath(std::string_view target, UrlPath* out);

// Each segment percent-decoded, if it is valid UTF-8 then, and runs of slashes made one. It may have dot segments:
// whoever looks up files refuses these.
std::string DecodePath(std::string_view path);
// Each segment as encodeURIComponent has it.
std::string EncodePath(std::string_view path);

}  // namespace verge::assets

#endif  // ASSETS_URL_PATH_H_
