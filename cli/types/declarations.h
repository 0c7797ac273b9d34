// The text of runtime.d.ts and node.d.ts, put here when verge is built.
#ifndef CLI_TYPES_DECLARATIONS_H_
#define CLI_TYPES_DECLARATIONS_H_

#include <string_view>

namespace verge::cli {

extern const std::string_view kRuntimeTypes;
extern const std::string_view kNodeTypes;

}  // namespace verge::cli

#endif  // CLI_TYPES_DECLARATIONS_H_
