// "did you mean …?": the known word that a mistyped one is closest to.
#ifndef CONFIG_SUGGEST_H_
#define CONFIG_SUGGEST_H_

#include <span>
#include <string>
#include <string_view>

namespace verge::config {

// The candidate with the fewest insertions, deletions, substitutions and swaps of neighbours; empty when none is close
// enough to be worth proposing (a third of the word's length, at least one edit). The first of equals wins.
std::string_view Nearest(std::string_view word, std::span<const std::string_view> candidates);

// "; did you mean 'port'?" or nothing, ready to be appended to a message.
std::string DidYouMean(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace verge::config

#endif  // CONFIG_SUGGEST_H_
