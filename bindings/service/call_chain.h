// What the events have in common that one request causes, by workers that call each other. No V8.
#ifndef BINDINGS_SERVICE_CALL_CHAIN_H_
#define BINDINGS_SERVICE_CALL_CHAIN_H_

#include <cstdint>

#include "http/ref_counted.h"

namespace verge::bindings {

// A place in such a chain: an event has one, and gives the one behind it to each event that it causes. On the shard's
// thread.
class CallChain {
 public:
  // So many workers may be waiting for each other, the one that the request came for included; and so many events may
  // a request cause in all, itself counted.
  static constexpr uint32_t kMaxDepth = 16;
  static constexpr uint32_t kMaxEvents = 32;
  enum class Refusal : uint8_t { kNone, kDepth, kCount };

  // Of an event that nobody called. The counter is made with the first call.
  CallChain() = default;

  // The place of one more event; `refusal` tells why there is none.
  CallChain Next(Refusal* refusal) {
    if (!events_) events_ = http::MakeRef<Events>();
    *refusal = depth_ + 1 >= kMaxDepth        ? Refusal::kDepth
               : events_->count >= kMaxEvents ? Refusal::kCount
                                              : Refusal::kNone;
    CallChain next;
    if (*refusal != Refusal::kNone) return next;
    ++events_->count;
    next.events_ = events_;
    next.depth_ = depth_ + 1;
    return next;
  }

 private:
  struct Events final : http::RefCounted {
    uint32_t count = 1;  // the first one
  };

  http::Ref<Events> events_;
  uint32_t depth_ = 0;
};

}  // namespace verge::bindings

#endif  // BINDINGS_SERVICE_CALL_CHAIN_H_
