#include "sqlite/periodic.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <future>
#include <memory>
#include <string>

namespace verge::sqlite {
namespace {

TEST(Periodic, GoesRoundUntilItEnds) {
  std::atomic<int> rounds{0};
  std::promise<std::string> third;
  auto periodic = std::make_unique<Periodic>();
  EXPECT_FALSE(periodic->started());
  periodic->Start("round", std::chrono::milliseconds(1), [&] {
    if (++rounds != 3) return;
    std::array<char, 16> name{};
    pthread_getname_np(pthread_self(), name.data(), name.size());
    third.set_value(name.data());
  });
  EXPECT_TRUE(periodic->started());
  EXPECT_EQ(third.get_future().get(), "round");
  // Comes back although the next round is due: the thread was told.
  periodic.reset();
}

TEST(Periodic, EndsWithoutAWait) {
  std::atomic<int> rounds{0};
  {
    Periodic never;
    never.Start("never", std::chrono::hours(1), [&] { ++rounds; });
    const Periodic unstarted;
  }
  EXPECT_EQ(rounds, 0);
}

}  // namespace
}  // namespace verge::sqlite
