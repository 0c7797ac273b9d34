// Which namespace a command of `verge kv` means, and where it is.
#ifndef CLI_KV_KV_TARGET_H_
#define CLI_KV_KV_TARGET_H_

#include <expected>
#include <string>
#include <vector>

#include "cli/kv/kv_options.h"
#include "config/project.h"

namespace verge::cli {

struct KvTarget {
  std::string data;   // the folder
  std::string id;     // of the namespace; "" for a command that is about all of them
  std::string shown;  // `binding: "NS" (id: "…")`
  std::vector<config::KvNamespace> configured;
};

// The errors are lines to print.
std::expected<KvTarget, std::vector<std::string>> FindKvTarget(const KvOptions& options);

}  // namespace verge::cli

#endif  // CLI_KV_KV_TARGET_H_
