// From the tree of a configuration file to the checked struct, as far as that needs no file system.
#ifndef CONFIG_CHECKER_H_
#define CONFIG_CHECKER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/project.h"
#include "config/value.h"

namespace verge::config {

enum class Syntax : uint8_t { kToml, kJson };

// Where the file stands, for messages and defaults.
struct CheckContext {
  std::string file;  // how problems name the file
  Syntax syntax = Syntax::kToml;
  std::string env;           // "" is the top level
  std::string default_name;  // when the file has no `name`
};

struct Checked {
  WorkerConfig worker;  // without root, main and source
  std::string main;     // as written; "" when absent
  Position main_at;     // of the key `main`, or of nothing when absent
  std::vector<Problem> errors;
  std::vector<Problem> warnings;
};

// Reports as much as it can: one wrong key does not hide the next.
Checked Check(const Document& document, const CheckContext& context);

// The value of `main` that counts for an environment, or "" when there is no such string. For a look ahead.
std::string_view MainOf(const Document& document, std::string_view env);

// Whether a worker can have that name: wrangler's rule, with the length that a host name allows.
bool IsWorkerName(std::string_view name);
inline constexpr std::string_view kWorkerNameRule =
    "lower-case letters, digits, '-' and '_', not starting with '-', at most 63";

// A worker's name from whatever a folder or a file is called: lower case, '-' for what may not be in a name, cut to
// length; "worker" when nothing is left.
std::string NameFrom(std::string_view text);

}  // namespace verge::config

#endif  // CONFIG_CHECKER_H_
