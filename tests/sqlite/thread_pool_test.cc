#include "sqlite/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <set>
#include <thread>

namespace verge::sqlite {
namespace {

TEST(ThreadPool, RunsEverythingBeforeItEnds) {
  std::atomic<int> runs{0};
  {
    ThreadPool pool(3);
    for (int i = 0; i < 1000; ++i) pool.PostFunction([&] { ++runs; });
  }
  EXPECT_EQ(runs.load(), 1000);
}

TEST(ThreadPool, TasksMayPostTasks) {
  std::atomic<int> runs{0};
  {
    ThreadPool pool(2);
    for (int i = 0; i < 10; ++i) {
      pool.PostFunction([&] {
        for (int j = 0; j < 10; ++j) pool.PostFunction([&] { ++runs; });
      });
    }
  }
  EXPECT_EQ(runs.load(), 100);
}

TEST(ThreadPool, HasAsManyThreadsAsAreNeededAndNoMore) {
  ThreadPool pool(4);
  std::promise<void> go;
  std::shared_future<void> wait = go.get_future().share();
  std::atomic<int> inside{0};
  for (int i = 0; i < 10; ++i) {
    pool.PostFunction([&, wait] {
      ++inside;
      wait.wait();
    });
  }
  while (inside.load() < 4) std::this_thread::yield();
  EXPECT_EQ(pool.queued(), 6u);
  EXPECT_EQ(inside.load(), 4);
  go.set_value();
}

}  // namespace
}  // namespace verge::sqlite
