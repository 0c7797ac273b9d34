// The program esbuild: where it is, and running it.
#ifndef CLI_BUNDLE_ESBUILD_H_
#define CLI_BUNDLE_ESBUILD_H_

#include <expected>
#include <string>
#include <vector>

namespace verge::cli {

// The path of an esbuild, or "": the one that the environment variable VERGE_ESBUILD names, or else beside this
// program, where the build knew one, on PATH and, when `project_too`, in the node_modules/.bin of `directory` or of one
// above it. A project's own program runs with all rights of this one, hence only where the project is the user's own.
std::string FindEsbuild(const std::string& directory, bool project_too);

struct ProgramResult {
  bool ok = false;     // it ended with 0
  std::string errors;  // what it wrote to stderr
};

// Runs a program in `directory` to its end, with a minute's time. Fails when it cannot be started.
std::expected<ProgramResult, std::string> RunProgram(const std::vector<std::string>& command,
                                                     const std::string& directory);

}  // namespace verge::cli

#endif  // CLI_BUNDLE_ESBUILD_H_
