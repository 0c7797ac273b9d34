// Why the runtime has a worker handle an event that no client sent.
#ifndef BINDINGS_FETCH_EVENT_PURPOSE_H_
#define BINDINGS_FETCH_EVENT_PURPOSE_H_

#include <memory>
#include <string>
#include <string_view>

#include "bindings/service/call_chain.h"
#include "http/message.h"
#include "http/ref_counted.h"

namespace verge::bindings {

// How an event failed that another worker caused.
struct EventFailure {
  std::string name;     // of the exception: "TypeError"
  std::string message;  // without that
};

// Belongs to the event. Dropped without OnOver: the event did not come about.
class EventPurpose {
 public:
  virtual ~EventPurpose() = default;

  // Before what the log says of the event: "refresh of ".
  [[nodiscard]] virtual std::string_view name() const { return {}; }

  // Whether it repeats an earlier event to bring caches up to date: it starts no further ones then.
  [[nodiscard]] virtual bool is_refresh() const { return false; }
  // Whether cache.match() is to find nothing under `key` of `cache_namespace` in this event.
  [[nodiscard]] virtual bool TreatsAsMissing(const void* /*cache_namespace*/, std::string_view /*key*/) const {
    return false;
  }

  // Of a call by another worker: the export that is to handle it, "" for the default one; what it finds in ctx.props,
  // JSON or ""; its place in the chain of calls.
  [[nodiscard]] virtual std::string_view entrypoint() const { return {}; }
  [[nodiscard]] virtual std::string_view props() const { return {}; }
  [[nodiscard]] virtual const CallChain* call_chain() const { return nullptr; }
  // The event fails without a response. True: whoever caused it wants to know why, and gets no error page; the exchange
  // is aborted.
  virtual bool OnFailed(EventFailure /*failure*/) { return false; }

  // Everything of the event is over, what it left to waitUntil() included. `status`: of its response, as far as it
  // came; 0: none.
  virtual void OnOver(int status) = 0;
};

// Gives a worker such events.
class EventDispatcher {
 public:
  // Soon, from the loop: `head` is the event's request, without a body. The response is read and dropped. False: too
  // many are under way.
  virtual bool DispatchSoon(http::Ref<http::RequestHead> head, std::unique_ptr<EventPurpose> purpose) = 0;

 protected:
  ~EventDispatcher() = default;
};

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_EVENT_PURPOSE_H_
