#include "runtime/connection_slots.h"

namespace verge::runtime {

bool ConnectionSlots::Holder::AcquireSlot(ConnectionSlots& slots) {
  slots_ = &slots;
  if (slots.free_ > 0) {
    --slots.free_;
    return true;
  }
  waits_ = true;
  next_ = nullptr;
  (slots.last_ ? slots.last_->next_ : slots.first_) = this;
  slots.last_ = this;
  return false;
}

void ConnectionSlots::Holder::ReleaseSlot() {
  ConnectionSlots* slots = slots_;
  if (!slots) return;
  slots_ = nullptr;
  if (waits_) {
    // Leaving the queue: it is short, and this is rare.
    waits_ = false;
    Holder* before = nullptr;
    for (Holder* each = slots->first_; each != this; each = each->next_) before = each;
    (before ? before->next_ : slots->first_) = next_;
    if (slots->last_ == this) slots->last_ = before;
    return;
  }
  Holder* next = slots->first_;
  if (!next) {
    ++slots->free_;
    return;
  }
  slots->first_ = next->next_;
  if (!slots->first_) slots->last_ = nullptr;
  next->waits_ = false;
  next->OnSlot();
}

}  // namespace verge::runtime
