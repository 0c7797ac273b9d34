// Where a worker's modules come from.
#ifndef RUNTIME_MODULE_SOURCE_H_
#define RUNTIME_MODULE_SOURCE_H_

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/source_map.h"

namespace verge::runtime {

enum class ModuleType : uint8_t { kEsModule, kCommonJs, kWasm, kText, kData, kJson };

struct ModuleFile {
  ModuleType type = ModuleType::kEsModule;
  std::string content;
  std::shared_ptr<const SourceMap> source_map;  // of compiled JavaScript, or null
};

// Asked by every shard that loads the worker: implementations are safe to call from several threads.
class ModuleSource {
 public:
  virtual ~ModuleSource() = default;

  // `name` is a normalised path relative to the worker's root: "src/index.js", never with "..". Fails with a reason
  // that fits behind "cannot load 'name': ".
  virtual std::expected<std::shared_ptr<const ModuleFile>, std::string> Load(std::string_view name) = 0;

  // The text of a source, which may be one that a source map names, for messages; "" when it cannot be had.
  virtual std::string Text(std::string_view name) {
    auto file = Load(name);
    return file ? (*file)->content : std::string();
  }
};

}  // namespace verge::runtime

#endif  // RUNTIME_MODULE_SOURCE_H_
