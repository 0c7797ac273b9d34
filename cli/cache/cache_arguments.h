// The command line of `verge cache`, parsed.
#ifndef CLI_CACHE_CACHE_ARGUMENTS_H_
#define CLI_CACHE_CACHE_ARGUMENTS_H_

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace verge::cli {

enum class CacheAction : uint8_t { kHelp, kPurge, kStats };

struct CacheArguments {
  CacheAction action = CacheAction::kHelp;
  CacheAction help_about = CacheAction::kHelp;

  bool everything = false;
  std::vector<std::string> tags;
  std::vector<std::string> prefixes;
  bool soft = false;
  std::vector<std::string> workers;  // empty: all
  bool json = false;

  std::string config;  // as the operand of `verge serve`: "" looks in the current directory
  std::string env;
  std::string data;
};

// `args` begins behind "cache". An error is the line to print.
std::expected<CacheArguments, std::string> ParseCacheArguments(std::span<const char* const> args);

std::string CacheHelp(CacheAction about);

}  // namespace verge::cli

#endif  // CLI_CACHE_CACHE_ARGUMENTS_H_
