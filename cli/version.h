// `verge --version`.
#ifndef CLI_VERSION_H_
#define CLI_VERSION_H_

#include <string>

namespace verge::cli {

inline constexpr char kVergeVersion[] = "0.1.0";

// verge, V8 and the libraries that this process really runs with.
std::string VersionText();

}  // namespace verge::cli

#endif  // CLI_VERSION_H_
