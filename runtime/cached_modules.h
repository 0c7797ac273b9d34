// A worker's modules together with their compiled code.
#ifndef RUNTIME_CACHED_MODULES_H_
#define RUNTIME_CACHED_MODULES_H_

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "runtime/code_cache.h"
#include "runtime/module_source.h"

namespace verge::runtime {

// The modules of another source, with code from a cache for what is large enough to be worth it. Whoever loads a module
// first (a thread that may take its time) has the code read as well. Thread-safe.
class CachedModules final : public ModuleSource {
 public:
  CachedModules(std::shared_ptr<ModuleSource> modules, std::shared_ptr<CodeCache> cache)
      : modules_(std::move(modules)), cache_(std::move(cache)) {}

  std::expected<std::shared_ptr<const ModuleFile>, std::string> Load(std::string_view name) override;
  std::string Text(std::string_view name) override { return modules_->Text(name); }

  std::shared_ptr<const std::string> TakeCode(std::string_view name) override;
  void RefuseCode(std::string_view name) override;
  bool WantsCode(std::string_view name) override;
  std::function<void()> OfferCode(std::string_view name, std::string code) override;

 private:
  // Smaller sources are compiled in less time than a file takes.
  static constexpr size_t kMinBytes = 8 * 1024;
  // The code of larger ones takes too long to write down, on the shard's thread.
  static constexpr size_t kMaxBytes = 8 * 1024 * 1024;

  struct Module {
    CodeCache::Key key;
    std::shared_ptr<const std::string> code;  // read and not taken so far
    bool known = false;                       // the cache has it
  };

  const std::shared_ptr<ModuleSource> modules_;
  const std::shared_ptr<CodeCache> cache_;
  std::mutex mutex_;
  std::map<std::string, Module, std::less<>> loaded_;
};

}  // namespace verge::runtime

#endif  // RUNTIME_CACHED_MODULES_H_
