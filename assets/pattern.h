// Patterns of paths in _headers, _redirects and run_worker_first.
#ifndef ASSETS_PATTERN_H_
#define ASSETS_PATTERN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace verge::assets {

// What a pattern's placeholders stood for. Views into the pattern and the path.
using Captures = std::vector<std::pair<std::string_view, std::string_view>>;

// "/blog/:year/*": a '*' is any run of characters, also none, and called "splat"; ":name" is the rest of a segment, at
// least a character; in the host of "https://:sub.example.com/…" the rest of a label.
class Pattern {
 public:
  // Nothing: a name (or '*') stands in it twice, or there are too many of them.
  static std::optional<Pattern> Parse(std::string_view text);

  // `host` without a port. Greedy: the first wildcard takes as much as it can. Time is at worst the product of the
  // lengths.
  bool Match(std::string_view host, std::string_view path, Captures* captures) const;

 private:
  enum class Kind : uint8_t { kLiteral, kSplat, kSegment, kLabel };
  struct Token {
    Kind kind;
    std::string text;  // the literal, or the name
  };
  bool MatchTokens(std::string_view text, Captures* captures) const;

  std::vector<Token> tokens_;
  bool with_host_ = false;
};

// `text` with ":name" replaced by what was captured. Cut at kMaxReplaced.
inline constexpr size_t kMaxReplaced = 64 * 1024;
std::string Replace(std::string_view text, const Captures& captures);

// Whether `path` fits `glob`, in which '*' is any run of characters and nothing else is special.
bool GlobMatches(std::string_view glob, std::string_view path);

}  // namespace verge::assets

#endif  // ASSETS_PATTERN_H_
