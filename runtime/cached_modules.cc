#include "runtime/cached_modules.h"

#include <utility>

namespace verge::runtime {

std::expected<std::shared_ptr<const ModuleFile>, std::string> CachedModules::Load(std::string_view name) {
  auto file = modules_->Load(name);
  if (!file || (*file)->type != ModuleType::kEsModule) return file;
  if ((*file)->content.size() < kMinBytes || (*file)->content.size() > kMaxBytes) return file;
  {
    std::lock_guard lock(mutex_);
    if (loaded_.contains(name)) return file;
  }
  // Not below the lock: two may do the same work.
  Module module{.key = CodeCache::KeyOf((*file)->content), .code = nullptr};
  module.code = cache_->Find(module.key);
  module.known = module.code != nullptr;
  std::lock_guard lock(mutex_);
  loaded_.emplace(name, std::move(module));
  return file;
}

std::shared_ptr<const std::string> CachedModules::TakeCode(std::string_view name) {
  CodeCache::Key key;
  {
    std::lock_guard lock(mutex_);
    auto found = loaded_.find(name);
    if (found == loaded_.end() || !found->second.known) return nullptr;
    // It lies in memory once: V8 makes its own form of it.
    if (auto code = std::exchange(found->second.code, nullptr)) return code;
    key = found->second.key;
  }
  return cache_->Find(key);
}

void CachedModules::RefuseCode(std::string_view name) {
  std::lock_guard lock(mutex_);
  auto found = loaded_.find(name);
  if (found == loaded_.end()) return;
  found->second.known = false;
  found->second.code = nullptr;
  cache_->Remove(found->second.key);
}

bool CachedModules::WantsCode(std::string_view name) {
  std::lock_guard lock(mutex_);
  auto found = loaded_.find(name);
  return found != loaded_.end() && !found->second.known;
}

std::function<void()> CachedModules::OfferCode(std::string_view name, std::string code) {
  std::lock_guard lock(mutex_);
  auto found = loaded_.find(name);
  if (found == loaded_.end() || std::exchange(found->second.known, true)) return nullptr;
  return [cache = cache_, key = found->second.key, code = std::move(code)] { cache->Store(key, code); };
}

}  // namespace verge::runtime
