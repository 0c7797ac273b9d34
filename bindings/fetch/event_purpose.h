// Why the runtime has a worker handle an event that no client sent.
#ifndef BINDINGS_FETCH_EVENT_PURPOSE_H_
#define BINDINGS_FETCH_EVENT_PURPOSE_H_

#include <memory>
#include <string_view>

#include "http/message.h"
#include "http/ref_counted.h"

namespace verge::bindings {

// Belongs to the event. Dropped without OnOver: the event did not come about.
class EventPurpose {
 public:
  virtual ~EventPurpose() = default;

  // Before what the log says of the event: "refresh of ".
  [[nodiscard]] virtual std::string_view name() const = 0;

  // Whether cache.match() is to find nothing under `key` of `cache_namespace` in this event.
  [[nodiscard]] virtual bool TreatsAsMissing(const void* cache_namespace, std::string_view key) const = 0;

  // Everything of the event is over, what it left to waitUntil() included. `status`: of its response, as far as it
  // came; 0: none.
  virtual void OnOver(int status) = 0;
};

// Gives a worker such events.
class EventDispatcher {
 public:
  // Soon, from the loop: `head` is the event's request, without a body. The response is read and dropped.
  virtual void DispatchSoon(http::Ref<http::RequestHead> head, std::unique_ptr<EventPurpose> purpose) = 0;

 protected:
  ~EventDispatcher() = default;
};

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_EVENT_PURPOSE_H_
