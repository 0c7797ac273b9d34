// The declarations that `verge types` writes.
#ifndef CLI_TYPES_ENV_TYPES_H_
#define CLI_TYPES_ENV_TYPES_H_

#include <set>
#include <span>
#include <string>

#include "config/project.h"

namespace verge::cli {

// The interfaces Cloudflare.Env and Env for a worker's bindings and variables. `environments`: what the configuration
// says at the top level, then in each environment; a variable's type is the union of its values there, and what the top
// level does not have may be missing. `secrets`: variables of .dev.vars and the like; they are only strings.
std::string EnvTypes(std::span<const config::WorkerConfig> environments, const std::set<std::string>& secrets);

// Where the types of the runtime come from.
struct RuntimeTypes {
  bool workers_types = false;  // @cloudflare/workers-types is installed
  bool node_types = false;     // @types/node is
};
// References to packages, or the declarations themselves.
std::string RuntimeReferences(const RuntimeTypes& runtime);
std::string RuntimeDeclarations(const RuntimeTypes& runtime);

}  // namespace verge::cli

#endif  // CLI_TYPES_ENV_TYPES_H_
