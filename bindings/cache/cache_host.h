// What the APIs of one worker on one shard share of the cache. No V8.
#ifndef BINDINGS_CACHE_CACHE_HOST_H_
#define BINDINGS_CACHE_CACHE_HOST_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "bindings/cache/refresh_budget.h"
#include "cache/executor.h"
#include "cache/service.h"

namespace verge::bindings {

// What a worker's configuration says of its caches.
struct CacheSettings {
  bool front = false;                  // cache.enabled: answers of the worker are kept in front of it
  bool cross_version = false;          // and for the next version of the worker, too
  bool fetch = true;                   // fetch() goes through an HTTP cache
  bool stale_while_revalidate = true;  // of the Cache API

  bool operator==(const CacheSettings&) const = default;
};

// The duty to refresh a stale entry, with its place among the refreshes that run in the background.
struct RefreshDuty {
  cache::RefreshLease lease;
  RefreshBudget::Place place;  // empty for one that somebody waits for
};

// On the shard's thread, but for what it points to.
class CacheHost {
 public:
  // `owner` is whose entries they are; nobody else sees them.
  CacheHost(std::shared_ptr<cache::Service> service, std::shared_ptr<cache::Executor> executor,
            std::shared_ptr<RefreshBudget> refreshes, std::string owner, const CacheSettings& settings)
      : service_(std::move(service)),
        executor_(std::move(executor)),
        refreshes_(std::move(refreshes)),
        owner_(std::move(owner)),
        settings_(settings) {}

  [[nodiscard]] const CacheSettings& settings() const { return settings_; }
  [[nodiscard]] cache::Service& service() { return *service_; }
  [[nodiscard]] const std::shared_ptr<cache::Executor>& executor() const { return executor_; }
  [[nodiscard]] const std::string& owner() const { return owner_; }
  [[nodiscard]] cache::Time Now() const { return service_->clock().Now(); }

  // The entries below a name. "api:NAME" for caches.open(NAME), "api" for caches.default, "fetch", "front".
  std::shared_ptr<cache::Namespace> Open(std::string_view name) { return service_->Open(owner_, name); }
  const std::shared_ptr<cache::Namespace>& fetch_namespace() {
    if (!fetch_) fetch_ = Open("fetch");
    return fetch_;
  }
  const std::shared_ptr<cache::Namespace>& front_namespace() {
    if (!front_) front_ = Open("front");
    return front_;
  }

  // nullopt: somebody else has it, or did and failed a moment ago, or (of one in the background) too many are under
  // way.
  std::optional<RefreshDuty> TryBeginRefresh(cache::Namespace& space, const cache::EntryRef& entry, bool in_background);

  // Keys whose responses were not stored a moment ago: whoever asks for such a one does not wait for somebody else's
  // answer, which could not be shared either.
  [[nodiscard]] bool IsUnshared(std::string_view key) const;
  void SetUnshared(std::string_view key);

 private:
  static constexpr size_t kMaxUnshared = 4096;
  static constexpr cache::Millis kUnsharedTime{10'000};

  const std::shared_ptr<cache::Service> service_;
  const std::shared_ptr<cache::Executor> executor_;
  const std::shared_ptr<RefreshBudget> refreshes_;
  const std::string owner_;
  const CacheSettings settings_;
  std::shared_ptr<cache::Namespace> fetch_;
  std::shared_ptr<cache::Namespace> front_;
  std::unordered_map<size_t, cache::Time> unshared_;  // by the key's hash: until when
};

}  // namespace verge::bindings

#endif  // BINDINGS_CACHE_CACHE_HOST_H_
