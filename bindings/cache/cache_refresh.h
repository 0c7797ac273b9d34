// stale-while-revalidate for the Cache API: the worker's own miss path, run once more in the background.
#ifndef BINDINGS_CACHE_CACHE_REFRESH_H_
#define BINDINGS_CACHE_CACHE_REFRESH_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "bindings/cache/cache_host.h"
#include "bindings/fetch/event_purpose.h"
#include "bindings/fetch/fetch_invocation.h"
#include "cache/service.h"

namespace verge::bindings {

// Whether the event can be handled again without its client: a GET without a body, and not itself a refresh.
bool CanRepeat(const FetchInvocation* event);

enum class RefreshResult : uint8_t {
  kStored,  // there is a fresh entry
  kNone,    // the worker answered, but stored nothing
  kFailed,  // it failed, or could not be started
};

// Has the event's request handled again, with `key` missing in the cache. `done` (may be null) hears how it went, from
// the loop. The entry keeps what it has until a put replaces it.
void StartRefresh(EventDispatcher& dispatcher, const FetchInvocation& event, std::shared_ptr<cache::Namespace> space,
                  std::string key, cache::EntryRef stale, RefreshDuty duty,
                  std::move_only_function<void(RefreshResult)> done);

}  // namespace verge::bindings

#endif  // BINDINGS_CACHE_CACHE_REFRESH_H_
