#include <utility>

#include "cache/body.h"
#include "cache/object_writer.h"
#include "cache/service.h"
#include "cache/service_core.h"

namespace verge::cache {

Namespace::Namespace(std::shared_ptr<ServiceCore> service, std::shared_ptr<NamespaceCore> core)
    : service_(std::move(service)), core_(std::move(core)) {}
Namespace::~Namespace() = default;

Found Namespace::Find(std::string_view key, Fields request, Vary vary) {
  MemoryTier::Match match = service_->memory.Find(*core_, core_->Hash(key), key, request, vary == Vary::kIgnore);
  if (match.entry) return {std::move(match.entry), false, match.effect == PurgeEffect::kSoft};
  service_->misses.fetch_add(1, std::memory_order_relaxed);
  return {};
}

void Namespace::Load(std::string_view key, Fields request, Vary vary, std::shared_ptr<Executor> executor,
                     std::move_only_function<void(Found)> done) {
  executor->Post([found = Find(key, request, vary), done = std::move(done)]() mutable { done(std::move(found)); });
}

uint64_t Namespace::Ticket() { return service_->NextSequence(); }

std::expected<std::shared_ptr<Writer>, StoreError> Namespace::Begin(StoreRequest request) {
  if (!service_->MayStore(request.length.value_or(0))) {
    service_->refused.fetch_add(1, std::memory_order_relaxed);
    return std::unexpected(StoreError::kTooLarge);
  }
  const uint64_t hash = core_->Hash(request.key);
  const uint64_t sequence = request.ticket ? request.ticket : Ticket();
  return std::make_shared<ObjectWriter>(
      service_, core_, hash,
      std::make_shared<const Entry>(std::move(request.key), std::move(request.metadata),
                                    std::make_shared<Body>(request.length), sequence));
}

EntryRef Namespace::Put(StoreRequest request, http::Bytes body) {
  if (!service_->MayStore(body.size())) {
    service_->refused.fetch_add(1, std::memory_order_relaxed);
    return nullptr;
  }
  const uint64_t hash = core_->Hash(request.key);
  const uint64_t sequence = request.ticket ? request.ticket : Ticket();
  return service_->Store(core_, hash,
                         std::make_shared<const Entry>(std::move(request.key), std::move(request.metadata),
                                                       std::make_shared<Body>(std::move(body)), sequence));
}

EntryRef Namespace::Update(const EntryRef& entry, Metadata metadata, uint64_t ticket) {
  // What was purged does not come back because its origin says that it is still what it was.
  if (core_->Judge(*entry) == PurgeEffect::kHard) return nullptr;
  auto updated =
      std::make_shared<const Entry>(entry->key(), std::move(metadata), entry->body(), ticket ? ticket : Ticket());
  return service_->Store(core_, core_->Hash(entry->key()), std::move(updated), entry.get());
}

void Namespace::Remove(std::string_view key, std::shared_ptr<Executor> executor,
                       std::move_only_function<void(bool)> done) {
  const bool existed = service_->memory.Remove(*core_, core_->Hash(key), key);
  if (executor && done) executor->Post([existed, done = std::move(done)]() mutable { done(existed); });
}

void Namespace::RemoveEntry(const EntryRef& entry) {
  service_->memory.RemoveEntry(*core_, core_->Hash(entry->key()), *entry);
}

void Namespace::Purge(const PurgeRequest& request) {
  PurgeMark mark = MarkOf(request);
  mark.all_names = false;
  mark.name = core_->name;
  service_->Purge(*core_->owner, std::move(mark));
}

std::optional<RefreshLease> Namespace::TryBeginRefresh(const EntryRef& entry) { return TryBeginRefresh(entry->key()); }

std::optional<RefreshLease> Namespace::TryBeginRefresh(std::string_view key) {
  std::string full_key = core_->prefix + std::string(key);
  const auto number = service_->leases->TryBegin(full_key, service_->options.clock->Now());
  if (!number) return std::nullopt;
  return RefreshLease(service_->leases, std::move(full_key), *number);
}

std::optional<Flight> Namespace::JoinFlight(std::string_view key, std::shared_ptr<Executor> executor,
                                            FlightWaiter waiter) {
  std::string full_key = core_->prefix + std::string(key);
  const auto number = service_->flights->Join(full_key, std::move(executor), std::move(waiter));
  if (!number) return std::nullopt;
  return Flight(service_->flights, std::move(full_key), *number);
}

void Namespace::CountStale() { service_->stale.fetch_add(1, std::memory_order_relaxed); }

}  // namespace verge::cache
