// .assetsignore: which files of the folder are no assets. The syntax of gitignore.
#ifndef ASSETS_IGNORE_H_
#define ASSETS_IGNORE_H_

#include <string>
#include <string_view>
#include <vector>

namespace verge::assets {

class IgnoreRules {
 public:
  // Without any, the files that say something about the others are ignored: .assetsignore, _headers, _redirects.
  IgnoreRules() : IgnoreRules("") {}
  explicit IgnoreRules(std::string_view text);

  // `path`: of a file, relative to the folder, with '/' between names. Also ignored is what lies in an ignored folder.
  [[nodiscard]] bool Ignores(std::string_view path) const;

 private:
  struct Rule {
    std::vector<std::string> segments;  // "**" is any number of segments
    bool negated = false;
    bool folder_only = false;
  };
  void Add(std::string_view line);

  std::vector<Rule> rules_;
};

}  // namespace verge::assets

#endif  // ASSETS_IGNORE_H_
