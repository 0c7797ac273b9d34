// A worker's modules in a directory.
#ifndef CLI_BUNDLE_DIRECTORY_MODULES_H_
#define CLI_BUNDLE_DIRECTORY_MODULES_H_

#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "config/module_rules.h"
#include "runtime/module_source.h"

namespace verge::cli {

// A rule's word for a kind of module in the loader's terms.
runtime::ModuleType ModuleTypeOf(config::ModuleType type);

// Reads files when they are first imported and keeps them, so that every shard and every restarted isolate sees the
// same worker. Nothing outside the root can be had: not by "..", not through symbolic links.
class DirectoryModules final : public runtime::ModuleSource {
 public:
  // `root` is absolute, without symbolic links.
  DirectoryModules(std::string root, std::vector<config::ModuleRule> rules);

  std::expected<std::shared_ptr<const runtime::ModuleFile>, std::string> Load(std::string_view name) override;
  // Of any file, also of one that is no module, as it is now.
  std::string Text(std::string_view name) override;

 private:
  std::expected<std::shared_ptr<const runtime::ModuleFile>, std::string> Read(const std::string& name) const;
  std::expected<std::string, std::string> ReadText(const std::string& name) const;

  const std::string root_;
  const std::vector<config::ModuleRule> rules_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const runtime::ModuleFile>, std::less<>> files_;
};

}  // namespace verge::cli

#endif  // CLI_BUNDLE_DIRECTORY_MODULES_H_
