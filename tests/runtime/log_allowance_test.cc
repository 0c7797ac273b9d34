#include "runtime/log_allowance.h"

#include <gtest/gtest.h>

namespace verge::runtime {
namespace {

TEST(LogAllowance, LinesUpToTheLimit) {
  LogAllowance allowance;
  EXPECT_EQ(allowance.Room(10), 11u);
  // Each line takes one byte more than its text.
  EXPECT_EQ(allowance.Take(4, 10), 4u);
  EXPECT_EQ(allowance.Room(10), 6u);
  EXPECT_EQ(allowance.Take(4, 10), 4u);
  EXPECT_FALSE(allowance.spent());
  EXPECT_EQ(allowance.used(), 10u);
  EXPECT_EQ(allowance.Room(10), 1u);
  // Nothing fits any more, not even an empty line.
  EXPECT_EQ(allowance.Take(0, 10), 0u);
  EXPECT_TRUE(allowance.spent());
}

TEST(LogAllowance, TheLineThatIsTooMuchIsCut) {
  LogAllowance allowance;
  EXPECT_EQ(allowance.Take(3, 10), 3u);
  EXPECT_EQ(allowance.Take(100, 10), 6u);
  EXPECT_TRUE(allowance.spent());
  EXPECT_EQ(allowance.used(), 105u);
  EXPECT_EQ(allowance.Room(10), 0u);
  EXPECT_EQ(allowance.Take(1, 10), 0u);
  EXPECT_EQ(allowance.used(), 105u);
  allowance.Renew();
  EXPECT_EQ(allowance.Take(1, 10), 1u);
  EXPECT_FALSE(allowance.spent());
}

}  // namespace
}  // namespace verge::runtime
