// What a configuration says of static assets.
#ifndef ASSETS_OPTIONS_H_
#define ASSETS_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

namespace verge::assets {

// Where pages are found and what their address is: /about.html and /about/index.html.
enum class HtmlHandling : uint8_t {
  kAutoTrailingSlash,   // /about for about.html, /about/ for about/index.html
  kForceTrailingSlash,  // /about/ for both
  kDropTrailingSlash,   // /about for both
  kNone,                // files by their names only
};

// What is answered when there is no such file.
enum class NotFoundHandling : uint8_t {
  kNone,                   // the worker is asked, or it is a plain 404
  kSinglePageApplication,  // /index.html with status 200
  k404Page,                // the nearest 404.html, in the folder or one above it
};

struct Options {
  std::string directory{};  // absolute
  HtmlHandling html = HtmlHandling::kAutoTrailingSlash;
  NotFoundHandling not_found = NotFoundHandling::kNone;

  bool has_worker = false;
  // The worker gets every request, or those for whose path one of the patterns fits ('*' is any run of characters), and
  // assets_first keeps some of these back.
  bool worker_first = false;
  std::vector<std::string> worker_first_paths{};
  std::vector<std::string> assets_first_paths{};
  // A browser that navigates is answered by `not_found` instead of the worker.
  bool navigation_prefers_assets = true;

  // Each request sees what is in the folder at that moment, wherever links lead: development. Otherwise what was there
  // when it was opened is what is served, and links must not lead out.
  bool live = false;
};

}  // namespace verge::assets

#endif  // ASSETS_OPTIONS_H_
