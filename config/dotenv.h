// Files of NAME=value lines: .dev.vars and .env.
#ifndef CONFIG_DOTENV_H_
#define CONFIG_DOTENV_H_

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/problem.h"

namespace verge::config {

struct DotenvFile {
  std::vector<std::pair<std::string, std::string>> vars;  // in the order of the file, the last of equal names only
  std::vector<Problem> warnings;                          // lines that say nothing
};

// The syntax that the dotenv package made customary: "NAME=value", "export NAME=value"; '#' begins a comment outside
// quotes; values in '…', "…" or `…` may span lines, and "…" knows \n and \r.
std::expected<DotenvFile, Problem> ReadDotenv(std::string_view text, const std::string& file);

// Replaces $NAME, ${NAME} and ${NAME:-default} in every value by what the variables before it hold (nothing when there
// is none); "\$" is a dollar sign. An error names the variable that outgrows the bound.
std::expected<void, std::string> ExpandVars(std::vector<std::pair<std::string, std::string>>* vars);

}  // namespace verge::config

#endif  // CONFIG_DOTENV_H_
