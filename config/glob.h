// Globs over relative paths with '/' between segments, as module rules use them.
#ifndef CONFIG_GLOB_H_
#define CONFIG_GLOB_H_

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace verge::config {

// Whether `path` as a whole matches. '*' is any run of characters within a segment, '?' any one of them (a code
// point), a segment "**" any number of segments, also none. Dot files are nothing special. Time is at worst the product
// of the two lengths, whatever the pattern.
bool GlobMatches(std::string_view glob, std::string_view path);

// The globs without braces that "a/{b,c}" stands for; braces nest, and one without a comma or a partner is an ordinary
// character. An error says why a glob is refused: it is empty, or stands for too many.
std::expected<std::vector<std::string>, std::string> ExpandBraces(std::string_view glob);

}  // namespace verge::config

#endif  // CONFIG_GLOB_H_
