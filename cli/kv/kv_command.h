// `verge kv`: namespaces from the command line, also while a server runs on the same data.
#ifndef CLI_KV_KV_COMMAND_H_
#define CLI_KV_KV_COMMAND_H_

#include <span>
#include <string>

#include "cli/kv/kv_options.h"
#include "config/value.h"
#include "kv/namespace.h"

namespace verge::cli {

// `args` begins behind "kv". The program's exit code: 0; 1 when it could not be done (nothing there, a full disk); 2
// for a wrong command line or configuration.
int Kv(std::span<const char* const> args);

inline constexpr int kKvFailed = 1;

// What the commands share. Each prints what it has to say and gives the exit code.
int KvFail(std::string_view message);
// A file, or standard input for "-". Longer ones than `max` are an error.
std::expected<std::string, std::string> KvReadFile(const std::string& path, size_t max);
int KvBulkPut(kv::Namespace& name_space, const KvOptions& options);
int KvBulkGet(kv::Namespace& name_space, const KvOptions& options);
int KvBulkDelete(kv::Namespace& name_space, const KvOptions& options);

}  // namespace verge::cli

#endif  // CLI_KV_KV_COMMAND_H_
