// Where a worker's modules come from.
#ifndef RUNTIME_MODULE_SOURCE_H_
#define RUNTIME_MODULE_SOURCE_H_

#include <cstdint>
#include <expected>
#include <functional>
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

  // --- Compiled code of modules that were loaded, as V8 makes and takes it, for sources that keep it.
  // Null: there is none.
  virtual std::shared_ptr<const std::string> TakeCode(std::string_view /*name*/) { return nullptr; }
  // V8 did not take it.
  virtual void RefuseCode(std::string_view /*name*/) {}
  // Whether there is none that is worth having.
  virtual bool WantsCode(std::string_view /*name*/) { return false; }
  // Gives what is to be done to keep it, which may take a while: any thread. Null: nothing.
  virtual std::function<void()> OfferCode(std::string_view /*name*/, std::string /*code*/) { return nullptr; }
};

}  // namespace verge::runtime

#endif  // RUNTIME_MODULE_SOURCE_H_
