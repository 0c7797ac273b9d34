#include "bindings/service/call_chains.h"

#include <utility>

#include "runtime/exceeded.h"

namespace verge::bindings {

// Belongs to its invocation, and goes with it.
class CallChains::Entry final : public runtime::PendingIo {
 public:
  Entry(std::shared_ptr<Entries> entries, runtime::Invocation& invocation, CallChain chain)
      : chain_(std::move(chain)), entries_(std::move(entries)), id_(invocation.id()) {
    (*entries_)[id_] = this;
    ListHeld(&invocation);
  }
  void OnInvocationEnd() override {
    entries_->erase(id_);
    delete this;
  }
  CallChain& chain() { return chain_; }

 private:
  CallChain chain_;
  const std::shared_ptr<Entries> entries_;
  const uint32_t id_;
};

CallChains::CallChains() : entries_(std::make_shared<Entries>()) {}
CallChains::~CallChains() = default;

void CallChains::Put(runtime::Invocation& invocation, CallChain chain) {
  new Entry(entries_, invocation, std::move(chain));  // owned by the invocation
}

Result<CallChain> CallChains::Next(runtime::Invocation& invocation) {
  auto found = entries_->find(invocation.id());
  if (found == entries_->end()) {
    Put(invocation, CallChain());
    found = entries_->find(invocation.id());
  }
  CallChain::Refusal refusal;
  CallChain next = found->second->chain().Next(&refusal);
  switch (refusal) {
    case CallChain::Refusal::kNone:
      break;
    case CallChain::Refusal::kDepth:
      return PlainError(runtime::Exceeded(invocation.isolate(), runtime::Limit::kCallDepth, CallChain::kMaxDepth + 1,
                                          CallChain::kMaxDepth));
    case CallChain::Refusal::kCount:
      return PlainError(runtime::Exceeded(invocation.isolate(), runtime::Limit::kCalls, CallChain::kMaxEvents + 1,
                                          CallChain::kMaxEvents));
  }
  return next;
}

}  // namespace verge::bindings
