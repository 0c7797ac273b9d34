// From a path to the file that answers it, or to the address that it should have been asked for at: html_handling and
// not_found_handling.
#ifndef ASSETS_RESOLVE_H_
#define ASSETS_RESOLVE_H_

#include <string>
#include <string_view>

#include "assets/folder.h"
#include "assets/options.h"

namespace verge::assets {

struct Resolution {
  FileRef file;            // null: see `redirect`
  std::string redirect;    // not empty: where to go instead; decoded
  bool not_found = false;  // the file stands for one that is missing
  int status = 200;

  [[nodiscard]] bool found() const { return file || !redirect.empty(); }
};

// `path` is decoded.
Resolution Resolve(const Folder& folder, std::string_view path, HtmlHandling html, NotFoundHandling not_found);

}  // namespace verge::assets

#endif  // ASSETS_RESOLVE_H_
