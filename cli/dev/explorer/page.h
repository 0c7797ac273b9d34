// The explorer's page, made from page.html by embed_page.py when verge is built.
#ifndef CLI_DEV_EXPLORER_PAGE_H_
#define CLI_DEV_EXPLORER_PAGE_H_

#include <string_view>

namespace verge::cli {

extern const std::string_view kExplorerPage;

// Its Content-Security-Policy: nothing but its own script and style (by their hashes) and calls to where it comes from.
extern const std::string_view kExplorerPolicy;

}  // namespace verge::cli

#endif  // CLI_DEV_EXPLORER_PAGE_H_
