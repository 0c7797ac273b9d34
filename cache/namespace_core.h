// Owners and their namespaces, as the tiers of the store know them.
#ifndef CACHE_NAMESPACE_CORE_H_
#define CACHE_NAMESPACE_CORE_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "cache/entry.h"
#include "cache/hash.h"
#include "cache/purge_log.h"
#include "cache/s3_fifo.h"

namespace verge::cache {

// The memory tier's index is in so many parts, each with a lock of its own.
inline constexpr size_t kMemoryShards = 32;

// Whose entries they are. Lives as long as the service: owners are what the operator has configured.
struct OwnerCore {
  explicit OwnerCore(std::string given) : name(std::move(given)) {}

  const std::string name;
  PurgeLog purges;

  // Of the memory tier.
  std::atomic<uint64_t> stored_bytes{0};       // of objects in memory
  std::atomic<uint64_t> reserved_bytes{0};     // of bodies that are being written
  std::array<FifoPair, kMemoryShards> queues;  // each under its shard's lock

  std::atomic<uint64_t> disk_bytes{0};
};

// One name of an owner. A worker may open as many as it likes: it lives as long as somebody holds it or something is
// stored in it.
class NamespaceCore {
 public:
  NamespaceCore(std::shared_ptr<OwnerCore> given_owner, std::string given_name, const HashSeed& seed);

  // Lengths before the texts: no name can be taken for the end of another one.
  static std::string PrefixOf(std::string_view owner, std::string_view name);

  const std::shared_ptr<OwnerCore> owner;
  const std::string name;
  const std::string prefix;  // of keys, where those of all namespaces are together

  [[nodiscard]] uint64_t Hash(std::string_view key) const { return SipHash(key_seed_, key); }
  [[nodiscard]] PurgeEffect Judge(const Entry& entry) const {
    return owner->purges.Judge(entry.sequence(), name, entry.url(), entry.metadata().tags);
  }

 private:
  HashSeed key_seed_;  // another one for each namespace: the hash of a key is that of namespace and key
};

}  // namespace verge::cache

#endif  // CACHE_NAMESPACE_CORE_H_
