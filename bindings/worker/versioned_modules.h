// Which version of a worker it is: what its modules say, as far as they have been loaded.
#ifndef BINDINGS_WORKER_VERSIONED_MODULES_H_
#define BINDINGS_WORKER_VERSIONED_MODULES_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "runtime/module_source.h"

namespace verge::bindings {

// The modules of another source, with a note of each. Thread-safe.
class VersionedModules final : public runtime::ModuleSource {
 public:
  // `salt`: what else makes a version, such as variables.
  VersionedModules(std::shared_ptr<runtime::ModuleSource> modules, std::string_view salt);

  std::expected<std::shared_ptr<const runtime::ModuleFile>, std::string> Load(std::string_view name) override;
  std::string Text(std::string_view name) override { return modules_->Text(name); }
  std::shared_ptr<const std::string> TakeCode(std::string_view name) override { return modules_->TakeCode(name); }
  void RefuseCode(std::string_view name) override { modules_->RefuseCode(name); }
  bool WantsCode(std::string_view name) override { return modules_->WantsCode(name); }
  std::function<void()> OfferCode(std::string_view name, std::string code) override {
    return modules_->OfferCode(name, std::move(code));
  }

  // Whether the modules that have been loaded so far are the same in `other`, which is asked for them.
  bool SameIn(runtime::ModuleSource& other);

  // The same for the same names and contents, in whatever order, process and machine. What is asked first counts: the
  // modules that a worker needs to start, not those that it imports later.
  std::string Version();

 private:
  const std::shared_ptr<runtime::ModuleSource> modules_;
  std::mutex mutex_;
  std::map<std::string, uint64_t, std::less<>> hashes_;
  uint64_t salt_;
  std::string version_;
};

}  // namespace verge::bindings

#endif  // BINDINGS_WORKER_VERSIONED_MODULES_H_
