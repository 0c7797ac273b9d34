#include "bindings/cache/cache_refresh.h"

#include <utility>

#include "bindings/fetch/background_exchange.h"

namespace verge::bindings {
namespace {

class CacheRefresh final : public EventPurpose {
 public:
  CacheRefresh(std::shared_ptr<cache::Namespace> space, std::string key, cache::EntryRef stale,
               cache::RefreshLease lease, std::move_only_function<void(RefreshResult)> done)
      : space_(std::move(space)),
        key_(std::move(key)),
        stale_(std::move(stale)),
        lease_(std::move(lease)),
        done_(std::move(done)) {}

  ~CacheRefresh() override { Finish(RefreshResult::kFailed); }

  [[nodiscard]] std::string_view name() const override { return "refresh of "; }
  [[nodiscard]] bool is_refresh() const override { return true; }

  [[nodiscard]] bool TreatsAsMissing(const void* cache_namespace, std::string_view key) const override {
    return cache_namespace == space_.get() && key == key_;
  }

  void OnOver(int status) override {
    // The variant that was stale is the one that has to be there anew.
    std::vector<http::HeaderField> fields;
    for (const cache::VaryKey::Field& field : stale_->metadata().vary.fields) {
      if (field.present) fields.push_back({field.name, field.value});
    }
    cache::Found found = space_->Find(key_, fields);
    bool stored = (found.entry && found.entry->sequence() > stale_->sequence()) || (!found.entry && found.on_disk);
    Finish(stored                         ? RefreshResult::kStored
           : status == 0 || status >= 500 ? RefreshResult::kFailed
                                          : RefreshResult::kNone);
  }

 private:
  void Finish(RefreshResult result) {
    if (over_) return;
    over_ = true;
    if (result != RefreshResult::kStored) lease_.Failed();
    if (done_) std::exchange(done_, nullptr)(result);
  }

  const std::shared_ptr<cache::Namespace> space_;
  const std::string key_;
  const cache::EntryRef stale_;
  cache::RefreshLease lease_;
  std::move_only_function<void(RefreshResult)> done_;
  bool over_ = false;
};

}  // namespace

bool CanRepeat(const FetchInvocation* event) {
  const http::RequestHead* head = event ? event->request_head() : nullptr;
  // A refresh is dispatched to the default export.
  if (!head || event->is_refresh() || (event->purpose() && !event->purpose()->entrypoint().empty())) return false;
  return head->method() == "GET" && !head->has_body() && !head->header("upgrade");
}

void StartRefresh(EventDispatcher& dispatcher, const FetchInvocation& event, std::shared_ptr<cache::Namespace> space,
                  std::string key, cache::EntryRef stale, cache::RefreshLease lease,
                  std::move_only_function<void(RefreshResult)> done) {
  auto head = http::MakeRef<MadeRequestHead>(*event.request_head(),
                                             [](std::string_view name) { return !IsConditionOrRange(name); });
  dispatcher.DispatchSoon(std::move(head),
                          std::make_unique<CacheRefresh>(std::move(space), std::move(key), std::move(stale),
                                                         std::move(lease), std::move(done)));
}

}  // namespace verge::bindings
