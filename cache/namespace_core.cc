#include "cache/namespace_core.h"

namespace verge::cache {

NamespaceCore::NamespaceCore(std::shared_ptr<OwnerCore> given_owner, std::string given_name, const HashSeed& seed)
    : owner(std::move(given_owner)), name(std::move(given_name)), prefix(PrefixOf(owner->name, name)) {
  key_seed_.first = SipHash(seed, prefix);
  key_seed_.second = SipHash({.first = seed.second, .second = key_seed_.first}, prefix);
}

std::string NamespaceCore::PrefixOf(std::string_view owner, std::string_view name) {
  std::string prefix = std::to_string(owner.size()) + ":";
  prefix.append(owner).append(std::to_string(name.size())).append(":").append(name);
  return prefix;
}

}  // namespace verge::cache
