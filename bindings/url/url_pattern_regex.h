// What ada's URLPattern takes its regular expressions from: V8's own, out of reach of the worker's code.
#ifndef BINDINGS_URL_URL_PATTERN_REGEX_H_
#define BINDINGS_URL_URL_PATTERN_REGEX_H_

#include <v8.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace verge::bindings {

// A "regex provider" as ada::url_pattern asks for it. Works on the isolate and the context that are entered.
//
// ada knows "no match" and "invalid pattern", but not that a match can fail: a catastrophic one is terminated by the
// CPU limit, and one can run out of stack. Then V8 has an exception pending, everything here answers "no match" at
// once, and whoever called ada looks for that exception before it looks at the answer.
class UrlPatternRegex {
 public:
  using regex_type = v8::Global<v8::RegExp>;  // NOLINT(readability-identifier-naming): ada's name

  // Empty: the pattern is invalid, or an exception is pending.
  // NOLINTBEGIN(readability-identifier-naming): ada's names
  static std::optional<regex_type> create_instance(std::string_view pattern, bool ignore_case);
  // The groups of a match, without the match itself.
  static std::optional<std::vector<std::optional<std::string>>> regex_search(std::string_view input,
                                                                             const regex_type& regex);
  static bool regex_match(std::string_view input, const regex_type& regex);
  // NOLINTEND(readability-identifier-naming)
};

}  // namespace verge::bindings

#endif  // BINDINGS_URL_URL_PATTERN_REGEX_H_
