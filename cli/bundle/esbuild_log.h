// What esbuild says on stderr, in the form of this program's own messages.
#ifndef CLI_BUNDLE_ESBUILD_LOG_H_
#define CLI_BUNDLE_ESBUILD_LOG_H_

#include <string>
#include <string_view>
#include <vector>

namespace verge::cli {

struct EsbuildMessage {
  bool is_error = true;
  // "file:line:column: message", and the source line with a mark below the column where esbuild shows one.
  std::string text;

  // The same in parts, where they are known (ParseEsbuildLog leaves them out).
  std::string message;
  std::string file;
  int line = 0;
  int column = 0;
  std::string source_line;
};

std::vector<EsbuildMessage> ParseEsbuildLog(std::string_view log);

}  // namespace verge::cli

#endif  // CLI_BUNDLE_ESBUILD_LOG_H_
