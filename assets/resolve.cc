#include "assets/resolve.h"

#include <utility>

namespace verge::assets {
namespace {

// A page is a file STEM.html, or STEM/index.html in a folder. Whatever form a path has, it is about the pages of one
// stem; the handling says at which address each of them is served, and the order in which they are looked for.
class Resolver {
 public:
  Resolver(const Folder& folder, HtmlHandling html) : folder_(folder), html_(html) {}

  // Without what stands for a missing file. `follow`: redirects count, too.
  Resolution Run(std::string_view path, bool follow) {
    follow_ = follow;
    const FileRef exact = folder_.Find(path);
    if (html_ == HtmlHandling::kNone) return Serve(exact);
    if (path.ends_with("/index")) {
      if (exact) return Serve(exact);
      if (Resolution found = OfIndex(path.substr(0, path.size() - 6)); found.found()) return found;
    } else if (path.ends_with("/index.html")) {
      const std::string_view stem = path.substr(0, path.size() - 11);
      if (html_ == HtmlHandling::kDropTrailingSlash && !stem.empty()) {
        if (Resolution found = MoveFolderPage(stem); found.found()) return found;
        if (exact) return Serve(exact);  // STEM is taken by STEM.html
        if (Resolution found = MoveFilePage(stem); found.found()) return found;
      } else if (Resolution found = OfIndex(stem); found.found()) {
        return found;
      }
    } else if (path.ends_with('/')) {
      if (Resolution found = OfFolder(path.substr(0, path.size() - 1)); found.found()) return found;
    } else if (path.ends_with(".html")) {
      const std::string_view stem = path.substr(0, path.size() - 5);
      if (Resolution found = MoveFilePage(stem); found.found()) return found;
      // With a slash in any case, STEM.html is behind STEM/index.html: it has only its own name.
      if (html_ == HtmlHandling::kForceTrailingSlash && exact) return Serve(exact);
      if (Resolution found = MoveFolderPage(stem); found.found()) return found;
    }
    if (exact) return Serve(exact);
    return OfStem(path);
  }

 private:
  static Resolution Serve(FileRef file) { return {.file = std::move(file), .redirect = {}}; }

  static std::string FilePage(std::string_view stem) { return std::string(stem) + ".html"; }
  static std::string FolderPage(std::string_view stem) { return std::string(stem) + "/index.html"; }

  // Where the pages of a stem are served.
  [[nodiscard]] std::string FileAddress(std::string_view stem) const {
    return html_ == HtmlHandling::kForceTrailingSlash ? std::string(stem) + "/" : std::string(stem);
  }
  [[nodiscard]] std::string FolderAddress(std::string_view stem) const {
    const bool bare = html_ == HtmlHandling::kDropTrailingSlash && !stem.empty();
    return bare ? std::string(stem) : std::string(stem) + "/";
  }

  // A redirect to `address`, if asking there really gives the file `name`.
  Resolution Move(const std::string& name, std::string address) {
    if (!follow_) return {};
    const FileRef file = folder_.Find(name);
    if (!file || folder_.Find(address)) return {};
    const Resolution there = Resolver(folder_, html_).Run(address, false);
    if (!there.file || there.file->path != file->path) return {};
    return {.file = nullptr, .redirect = std::move(address)};
  }
  Resolution MoveFilePage(std::string_view stem) { return Move(FilePage(stem), FileAddress(stem)); }
  Resolution MoveFolderPage(std::string_view stem) { return Move(FolderPage(stem), FolderAddress(stem)); }

  // STEM/index, and STEM/index.html but where the slash is dropped.
  Resolution OfIndex(std::string_view stem) {
    if (html_ == HtmlHandling::kDropTrailingSlash) {
      if (stem.empty()) return MoveFolderPage(stem);
      if (Resolution found = MoveFilePage(stem); found.found()) return found;
      return MoveFolderPage(stem);
    }
    if (Resolution found = MoveFolderPage(stem); found.found()) return found;
    return MoveFilePage(stem);
  }

  // STEM/
  Resolution OfFolder(std::string_view stem) {
    if (html_ == HtmlHandling::kDropTrailingSlash && !stem.empty()) {
      if (Resolution found = MoveFilePage(stem); found.found()) return found;
      return MoveFolderPage(stem);
    }
    if (FileRef page = folder_.Find(FolderPage(stem))) return Serve(std::move(page));
    if (html_ == HtmlHandling::kForceTrailingSlash) return Serve(folder_.Find(FilePage(stem)));
    return MoveFilePage(stem);
  }

  // STEM, when there is no file of that name.
  Resolution OfStem(std::string_view stem) {
    if (html_ == HtmlHandling::kForceTrailingSlash) {
      if (Resolution found = MoveFilePage(stem); found.found()) return found;
      return MoveFolderPage(stem);
    }
    if (FileRef page = folder_.Find(FilePage(stem))) return Serve(std::move(page));
    if (html_ == HtmlHandling::kDropTrailingSlash) return Serve(folder_.Find(FolderPage(stem)));
    return MoveFolderPage(stem);
  }

  const Folder& folder_;
  const HtmlHandling html_;
  bool follow_ = true;
};

}  // namespace

Resolution Resolve(const Folder& folder, std::string_view path, HtmlHandling html, NotFoundHandling not_found) {
  Resolution found = Resolver(folder, html).Run(path, true);
  if (found.found()) return found;
  if (not_found == NotFoundHandling::kSinglePageApplication) {
    found.file = folder.Find("/index.html");
  } else if (not_found == NotFoundHandling::k404Page) {
    found.status = 404;
    while (!path.empty() && !found.file) {
      path = path.substr(0, path.rfind('/'));
      found.file = folder.Find(std::string(path) + "/404.html");
    }
  }
  found.not_found = true;
  return found;
}

}  // namespace verge::assets
