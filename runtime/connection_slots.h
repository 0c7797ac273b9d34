// How many connections one invocation may have waiting for an answer, and who waits for one to be free.
#ifndef RUNTIME_CONNECTION_SLOTS_H_
#define RUNTIME_CONNECTION_SLOTS_H_

#include <cstdint>

namespace verge::runtime {

class ConnectionSlots {
 public:
  // Holds a slot or waits for one; gives either back when it is destroyed.
  class Holder {
   public:
    Holder() = default;
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;

   protected:
    virtual ~Holder() { ReleaseSlot(); }

    // True: a slot is held now. False: OnSlot will be called, in order, from within some other holder's ReleaseSlot.
    bool AcquireSlot(ConnectionSlots& slots);
    void ReleaseSlot();
    [[nodiscard]] bool holds_slot() const { return slots_ && !waits_; }
    // Holds a slot from now on.
    virtual void OnSlot() = 0;

   private:
    friend class ConnectionSlots;
    ConnectionSlots* slots_ = nullptr;
    bool waits_ = false;
    Holder* next_ = nullptr;
  };

  // Nobody may hold or wait.
  void Reset(uint32_t limit) { free_ = limit; }

 private:
  uint32_t free_ = 0;
  Holder* first_ = nullptr;  // waiting, in order
  Holder* last_ = nullptr;
};

}  // namespace verge::runtime

#endif  // RUNTIME_CONNECTION_SLOTS_H_
