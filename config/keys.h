// The keys that a configuration may have. A key that verge begins to act on changes its line in keys.cc.
#ifndef CONFIG_KEYS_H_
#define CONFIG_KEYS_H_

#include <cstdint>
#include <span>
#include <string_view>

namespace verge::config {

enum class KeyScope : uint8_t {
  kTopLevel,      // not allowed in env.NAME
  kInherited,     // env.NAME takes it over unless it has its own
  kNotInherited,  // env.NAME starts without it
};

enum class KeyUse : uint8_t {
  kActedOn,
  kUploadOnly,  // about an account or an upload: nothing for a program that runs the worker itself, so no word about it
  kNotYet,      // the worker may miss it: a warning
};

struct Key {
  std::string_view name;
  KeyScope scope;
  KeyUse use;
};

// Everything that wrangler knows at the top level or in an environment.
std::span<const Key> KnownKeys();
const Key* FindKey(std::string_view name);

// Their names, for suggestions.
std::span<const std::string_view> KnownKeyNames();

}  // namespace verge::config

#endif  // CONFIG_KEYS_H_
