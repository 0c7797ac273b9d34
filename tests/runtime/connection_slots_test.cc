#include "runtime/connection_slots.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace verge::runtime {
namespace {

class Waiter final : public ConnectionSlots::Holder {
 public:
  Waiter(char name, std::string* log) : name_(name), log_(log) {}
  using Holder::AcquireSlot;
  using Holder::holds_slot;
  using Holder::ReleaseSlot;

 private:
  void OnSlot() override { *log_ += name_; }
  const char name_;
  std::string* log_;
};

TEST(ConnectionSlots, InOrder) {
  ConnectionSlots slots;
  slots.Reset(2);
  std::string log;
  Waiter a('a', &log), b('b', &log), c('c', &log), d('d', &log);
  EXPECT_TRUE(a.AcquireSlot(slots));
  EXPECT_TRUE(b.AcquireSlot(slots));
  EXPECT_FALSE(c.AcquireSlot(slots));
  EXPECT_FALSE(d.AcquireSlot(slots));
  EXPECT_FALSE(c.holds_slot());
  b.ReleaseSlot();
  EXPECT_EQ(log, "c");
  EXPECT_TRUE(c.holds_slot());
  a.ReleaseSlot();
  a.ReleaseSlot();
  EXPECT_EQ(log, "cd");
  c.ReleaseSlot();
  d.ReleaseSlot();
  EXPECT_TRUE(a.AcquireSlot(slots));
  EXPECT_TRUE(b.AcquireSlot(slots));
  EXPECT_FALSE(c.AcquireSlot(slots));
}

TEST(ConnectionSlots, WaitersThatLeave) {
  ConnectionSlots slots;
  slots.Reset(1);
  std::string log;
  Waiter a('a', &log), d('d', &log);
  auto b = std::make_unique<Waiter>('b', &log);
  auto c = std::make_unique<Waiter>('c', &log);
  EXPECT_TRUE(a.AcquireSlot(slots));
  EXPECT_FALSE(b->AcquireSlot(slots));
  EXPECT_FALSE(c->AcquireSlot(slots));
  EXPECT_FALSE(d.AcquireSlot(slots));
  c.reset();
  b.reset();
  EXPECT_EQ(log, "");
  a.ReleaseSlot();
  EXPECT_EQ(log, "d");
  Waiter last('l', &log);
  EXPECT_FALSE(last.AcquireSlot(slots));
  last.ReleaseSlot();
  d.ReleaseSlot();
  EXPECT_EQ(log, "d");
  EXPECT_TRUE(last.AcquireSlot(slots));
}

}  // namespace
}  // namespace verge::runtime
