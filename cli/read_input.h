// Files that a command line names.
#ifndef CLI_READ_INPUT_H_
#define CLI_READ_INPUT_H_

#include <cstddef>
#include <expected>
#include <string>

namespace verge::cli {

// The first `max` bytes of a file, "-" being the standard input. Fails with errno.
std::expected<std::string, int> ReadInput(const std::string& path, size_t max);

}  // namespace verge::cli

#endif  // CLI_READ_INPUT_H_
