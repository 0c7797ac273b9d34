// The places of events in chains of workers that call each other.
#ifndef BINDINGS_SERVICE_CALL_CHAINS_H_
#define BINDINGS_SERVICE_CALL_CHAINS_H_

#include <cstdint>
#include <memory>
#include <unordered_map>

#include "bindings/core/error.h"
#include "bindings/service/call_chain.h"
#include "runtime/invocation.h"

namespace verge::bindings {

// One for each shard: has entries for events that called a worker, or were called by one. On the shard's thread.
class CallChains {
 public:
  CallChains();
  ~CallChains();
  CallChains(const CallChains&) = delete;
  CallChains& operator=(const CallChains&) = delete;

  // The place of the next event that `invocation` causes, or why there will be none.
  Result<CallChain> Next(runtime::Invocation& invocation);
  // Of an event that was called.
  void Put(runtime::Invocation& invocation, CallChain chain);

 private:
  class Entry;
  using Entries = std::unordered_map<uint32_t, Entry*>;

  const std::shared_ptr<Entries> entries_;  // by the invocation's number; the events' entries outlive this
};

}  // namespace verge::bindings

#endif  // BINDINGS_SERVICE_CALL_CHAINS_H_
