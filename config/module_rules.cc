#include "config/module_rules.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "config/glob.h"

namespace verge::config {
namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, 6> kNames = {"ESModule", "CommonJS", "CompiledWasm", "Text", "Data", "Json"};

}  // namespace

std::string_view ModuleTypeName(ModuleType type) { return kNames[static_cast<size_t>(type)]; }

std::span<const std::string_view> ModuleTypeNames() { return kNames; }

std::optional<ModuleType> ParseModuleType(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<ModuleType>(i);
  }
  return std::nullopt;
}

bool NeedsCompiling(std::string_view path) {
  static constexpr std::array<std::string_view, 5> kExtensions = {".ts", ".tsx", ".mts", ".cts", ".jsx"};
  return std::ranges::any_of(kExtensions, [path](std::string_view extension) { return path.ends_with(extension); });
}

std::span<const ModuleRule> DefaultModuleRules() {
  static const std::array<ModuleRule, 6> rules = {{
      {ModuleType::kEsModule, {"**/*.js", "**/*.mjs"}, false},
      {ModuleType::kCommonJs, {"**/*.cjs"}, false},
      {ModuleType::kCompiledWasm, {"**/*.wasm", "**/*.wasm?module"}, false},
      {ModuleType::kText, {"**/*.txt", "**/*.html", "**/*.sql"}, false},
      {ModuleType::kData, {"**/*.bin"}, false},
      {ModuleType::kJson, {"**/*.json"}, false},
  }};
  return rules;
}

bool EndsItsType(const ModuleRule& rule) {
  const bool wranglers =
      rule.type == ModuleType::kCompiledWasm || rule.type == ModuleType::kText || rule.type == ModuleType::kData;
  return wranglers && !rule.fallthrough;
}

std::optional<ModuleType> ClassifyModule(const std::vector<ModuleRule>& rules, std::string_view relative_path) {
  for (const ModuleRule& rule : rules) {
    for (const std::string& glob : rule.globs) {
      if (GlobMatches(glob, relative_path)) return rule.type;
    }
  }
  return std::nullopt;
}

}  // namespace verge::config
