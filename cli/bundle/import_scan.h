// What a JavaScript file imports, found without parsing it.
#ifndef CLI_BUNDLE_IMPORT_SCAN_H_
#define CLI_BUNDLE_IMPORT_SCAN_H_

#include <string>
#include <string_view>
#include <vector>

namespace verge::cli {

// The specifiers of import and export statements and of import() with a literal, in order. Good enough to decide
// whether a worker has to be bundled: comments, strings and templates are skipped, but a regular expression with a
// backtick in it may hide what follows.
std::vector<std::string> ImportsOf(std::string_view source);

}  // namespace verge::cli

#endif  // CLI_BUNDLE_IMPORT_SCAN_H_
