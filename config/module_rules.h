// Which file becomes which kind of module.
#ifndef CONFIG_MODULE_RULES_H_
#define CONFIG_MODULE_RULES_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace verge::config {

enum class ModuleType : uint8_t { kEsModule, kCommonJs, kCompiledWasm, kText, kData, kJson };

// As rules spell it: "ESModule", "CommonJS", "CompiledWasm", "Text", "Data", "Json".
std::string_view ModuleTypeName(ModuleType type);

// Exact; for the error message of the caller, all names are in ModuleTypeNames.
std::optional<ModuleType> ParseModuleType(std::string_view name);
std::span<const std::string_view> ModuleTypeNames();

struct ModuleRule {
  ModuleType type = ModuleType::kEsModule;
  std::vector<std::string> globs;  // without braces
  bool fallthrough = false;        // later rules of the same type keep their say
  friend bool operator==(const ModuleRule&, const ModuleRule&) = default;
};

// Whether a file is TypeScript or JSX, which has to be compiled before it is a module.
bool NeedsCompiling(std::string_view path);

// What holds without any rule of the user's.
std::span<const ModuleRule> DefaultModuleRules();

// Whether a rule silences the later ones of its type, as wrangler has it: without `fallthrough`, and only for the types
// that wrangler has rules for. JavaScript and JSON files are modules in any case.
bool EndsItsType(const ModuleRule& rule);

// The type of the module at a path relative to the root ("lib/a.js"): the first rule with a glob that matches says it.
// Nothing: no rule speaks of such files.
std::optional<ModuleType> ClassifyModule(const std::vector<ModuleRule>& rules, std::string_view relative_path);

}  // namespace verge::config

#endif  // CONFIG_MODULE_RULES_H_
