#include "runtime/shard_mailbox.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace verge::runtime {
namespace {

class Letter final : public MailboxTask {
 public:
  Letter(std::vector<int>* read, std::atomic<int>* dropped, int number)
      : read_(read), dropped_(dropped), number_(number) {}
  void OnMail() override {
    read_->push_back(number_);
    delete this;
  }
  void OnShardGone() override {
    ++*dropped_;
    delete this;
  }

 private:
  std::vector<int>* read_;
  std::atomic<int>* dropped_;
  const int number_;
};

class ShardMailboxTest : public testing::Test {
 protected:
  ShardMailboxTest() {
    uv_loop_init(&loop_);
    mailbox_ = ShardMailbox::Create(&loop_);
  }
  ~ShardMailboxTest() override {
    mailbox_->Close();
    uv_run(&loop_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&loop_), 0);
  }
  void Post(int number) { mailbox_->Post(new Letter(&read_, &dropped_, number)); }

  uv_loop_t loop_;
  std::shared_ptr<ShardMailbox> mailbox_;
  std::vector<int> read_;
  std::atomic<int> dropped_{0};
};

TEST_F(ShardMailboxTest, DeliversInOrderFromTheLoop) {
  for (int i = 0; i < 5; ++i) Post(i);
  EXPECT_TRUE(read_.empty());
  uv_run(&loop_, UV_RUN_ONCE);
  EXPECT_EQ(read_, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST_F(ShardMailboxTest, DeliversFromManyThreads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 1000; ++i) Post(t * 1000 + i);
    });
  }
  while (read_.size() < 4000) uv_run(&loop_, UV_RUN_ONCE);
  for (auto& thread : threads) thread.join();
  int last[4] = {-1, -1, -1, -1};
  for (int number : read_) {
    EXPECT_GT(number, last[number / 1000]);
    last[number / 1000] = number;
  }
}

TEST_F(ShardMailboxTest, TellsWhatIsLeftAndWhatComesLaterThatTheShardIsGone) {
  Post(1);
  mailbox_->Close();
  EXPECT_EQ(dropped_.load(), 1);
  std::thread([this] { Post(2); }).join();
  EXPECT_EQ(dropped_.load(), 2);
  uv_run(&loop_, UV_RUN_DEFAULT);
  EXPECT_TRUE(read_.empty());
}

}  // namespace
}  // namespace verge::runtime
