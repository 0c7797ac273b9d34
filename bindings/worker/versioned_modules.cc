#include "bindings/worker/versioned_modules.h"

#include <format>
#include <utility>

namespace verge::bindings {
namespace {

// FNV-1a: not against collisions that somebody makes on purpose, which would hit the worker's own entries only.
uint64_t Hash(std::string_view text, uint64_t hash = 0xcbf29ce484222325) {
  for (char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace

VersionedModules::VersionedModules(std::shared_ptr<runtime::ModuleSource> modules, std::string_view salt)
    : modules_(std::move(modules)), salt_(Hash(salt)) {}

std::expected<std::shared_ptr<const runtime::ModuleFile>, std::string> VersionedModules::Load(std::string_view name) {
  auto file = modules_->Load(name);
  if (!file) return file;
  {
    std::lock_guard lock(mutex_);
    if (hashes_.contains(name)) return file;
  }
  const uint64_t hash = Hash((*file)->content, Hash(name));
  std::lock_guard lock(mutex_);
  hashes_.emplace(name, hash);
  return file;
}

bool VersionedModules::SameIn(runtime::ModuleSource& other) {
  std::map<std::string, uint64_t, std::less<>> hashes;
  {
    std::lock_guard lock(mutex_);
    hashes = hashes_;
  }
  for (const auto& [name, hash] : hashes) {
    auto file = other.Load(name);
    if (!file || Hash((*file)->content, Hash(name)) != hash) return false;
  }
  return true;
}

std::string VersionedModules::Version() {
  std::lock_guard lock(mutex_);
  if (version_.empty()) {
    uint64_t all = salt_;
    for (const auto& [name, hash] : hashes_) all = (all ^ hash) * 0x100000001b3;
    version_ = std::format("{:016x}", all);
  }
  return version_;
}

}  // namespace verge::bindings
