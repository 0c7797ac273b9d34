// The command line of `verge kv`, parsed.
#ifndef CLI_KV_KV_OPTIONS_H_
#define CLI_KV_KV_OPTIONS_H_

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>

namespace verge::cli {

enum class KvCommand : uint8_t {
  kHelp,
  kKeyPut,
  kKeyGet,
  kKeyList,
  kKeyDelete,
  kBulkPut,
  kBulkGet,
  kBulkDelete,
  kNamespaceList,
};

struct KvOptions {
  KvCommand command = KvCommand::kHelp;
  KvCommand help_about = KvCommand::kHelp;

  std::string key;                   // or the file of a bulk operation
  std::optional<std::string> value;  // put KEY VALUE
  std::optional<std::string> path;   // put KEY --path FILE; "-" is standard input

  std::string binding;
  std::string namespace_id;
  std::optional<bool> preview;

  std::optional<int64_t> ttl;
  std::optional<int64_t> expiration;
  std::string metadata;  // JSON text of an object, compact; "" when there is none
  std::string prefix;
  bool text = false;
  bool force = false;

  std::string config;  // as the operand of `verge dev`: "" looks in the current directory
  std::string env;
  std::string worker;  // of a verge.toml
  std::string data;
};

// `args` begins behind "kv". An error is the line to print.
std::expected<KvOptions, std::string> ParseKv(std::span<const char* const> args);

std::string KvHelp(KvCommand about);

// "key put"; "" for kHelp.
std::string_view KvCommandName(KvCommand command);

}  // namespace verge::cli

#endif  // CLI_KV_KV_OPTIONS_H_
