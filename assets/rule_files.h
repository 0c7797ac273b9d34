// The files _headers and _redirects in an assets folder (https://developers.cloudflare.com/workers/static-assets/).
#ifndef ASSETS_RULE_FILES_H_
#define ASSETS_RULE_FILES_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "assets/options.h"
#include "assets/pattern.h"

namespace verge::assets {

// What is wrong with a line; it has no effect.
struct RuleProblem {
  size_t line = 0;  // from 1
  std::string message;
};

// A path and what is set and taken away in responses for it.
struct HeaderRule {
  Pattern pattern;
  std::vector<std::pair<std::string, std::string>> set;  // names in lower case, each once; values may name captures
  std::vector<std::string> unset;
};

struct HeaderRules {
  std::vector<HeaderRule> rules;
  std::vector<RuleProblem> problems;
};

// At most 100 rules with lines of at most 2000 characters; one '*' in each.
HeaderRules ParseHeaderRules(std::string_view text);

struct RedirectTarget {
  int status = 302;  // 200: another asset is served under the requested address
  std::string to;    // a path with query and fragment, or an https URL
};

struct RedirectRules {
  std::unordered_map<std::string, RedirectTarget> fixed;  // by path; looked at first
  std::vector<std::pair<Pattern, RedirectTarget>> patterns;
  std::vector<RuleProblem> problems;

  // The target with what was captured in its place. Null status: none.
  [[nodiscard]] bool Find(std::string_view path, RedirectTarget* out) const;
};

// At most 2000 rules without wildcards and 100 others.
RedirectRules ParseRedirectRules(std::string_view text, HtmlHandling html);

}  // namespace verge::assets

#endif  // ASSETS_RULE_FILES_H_
