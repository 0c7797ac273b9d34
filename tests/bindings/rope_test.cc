#include "bindings/blob/rope.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <string_view>

namespace verge::bindings {
namespace {

struct RopeTest : testing::Test {
  std::shared_ptr<RopeAccount> account = std::make_shared<RopeAccount>();

  RopeSlice Make(std::string_view text) {
    RopeBuilder builder(account);
    builder.Append(text);
    return builder.Finish();
  }
};

TEST_F(RopeTest, Empty) {
  RopeBuilder builder(account);
  builder.Append(std::string_view());
  builder.Take("");
  builder.Append(RopeSlice());
  RopeSlice slice = builder.Finish();
  EXPECT_EQ(slice.size, 0u);
  EXPECT_FALSE(slice.rope);
  EXPECT_EQ(slice.ToString(), "");
  EXPECT_EQ(account->bytes, 0);
}

TEST_F(RopeTest, CopiesSmallPartsTogether) {
  RopeBuilder builder(account);
  std::string expected;
  for (int i = 0; i < 10'000; ++i) {
    builder.Append(std::to_string(i));
    expected += std::to_string(i);
  }
  EXPECT_EQ(builder.size(), expected.size());
  EXPECT_EQ(builder.copied(), expected.size());
  RopeSlice slice = builder.Finish();
  EXPECT_EQ(slice.rope->piece_count(), 1u);
  EXPECT_EQ(slice.ToString(), expected);
  EXPECT_EQ(builder.size(), 0u);
}

TEST_F(RopeTest, SharesLongPieces) {
  RopeSlice big = Make(std::string(1'000'000, 'x'));
  int64_t before = account->bytes;
  RopeBuilder builder(account);
  builder.Append("head");
  builder.Append(big);
  builder.Append(big.Slice(10, 500'000));
  EXPECT_EQ(builder.copied(), 4u);
  RopeSlice whole = builder.Finish();
  EXPECT_EQ(whole.size, 4u + 1'000'000 + 499'990);
  EXPECT_LT(account->bytes - before, 1000);
  EXPECT_EQ(whole.rope->At(4).data(), big.rope->At(0).data());
  EXPECT_EQ(whole.rope->At(1'000'004).data(), big.rope->At(10).data());
}

TEST_F(RopeTest, CountsMemoryUntilTheLastOwnerIsGone) {
  RopeSlice big = Make(std::string(100'000, 'x'));
  EXPECT_GE(account->bytes, 100'000);
  RopeSlice part = big.Slice(5, 10);
  http::Bytes piece = big.rope->At(0);
  big = {};
  part = {};
  EXPECT_GE(account->bytes, 100'000) << "on its way somewhere";
  piece = {};
  EXPECT_EQ(account->bytes, 0);
}

TEST_F(RopeTest, RefusesTooManyPieces) {
  RopeSlice slice = Make(std::string(5'000, 'x'));
  int doublings = 0;
  for (; doublings < 100; ++doublings) {
    RopeBuilder builder(account);
    builder.Append(slice);
    builder.Append(slice);
    if (!builder.ok()) break;
    slice = builder.Finish();
  }
  EXPECT_EQ(doublings, 16);
  EXPECT_LT(account->bytes, 10'000'000);
}

// Against a string: any mixture of parts, and any slice of it.
TEST_F(RopeTest, IsTheConcatenationOfItsParts) {
  std::mt19937 random(17);
  for (int round = 0; round < 200; ++round) {
    RopeBuilder builder(account);
    std::string expected;
    RopeSlice previous;
    std::string previous_text;
    for (size_t i = random() % 20; i > 0; --i) {
      size_t size = random() % (random() % 2 ? 20'000 : 100);
      std::string text(size, static_cast<char>('a' + random() % 26));
      switch (random() % 3) {
        case 0:
          builder.Append(text);
          expected += text;
          break;
        case 1:
          expected += text;
          builder.Take(std::move(text));
          break;
        case 2: {
          size_t begin = random() % (previous_text.size() + 1);
          size_t end = begin + random() % (previous_text.size() - begin + 1);
          builder.Append(previous.Slice(begin, end));
          expected += previous_text.substr(begin, end - begin);
          break;
        }
      }
      if (random() % 4 == 0) {
        previous_text = std::string(random() % 30'000, 'Z');
        for (size_t j = 0; j < previous_text.size(); j += 7) previous_text[j] = static_cast<char>('0' + j % 10);
        previous = Make(previous_text);
      }
    }
    RopeSlice slice = builder.Finish();
    ASSERT_EQ(slice.ToString(), expected);
    for (int i = 0; i < 20; ++i) {
      size_t begin = random() % (expected.size() + 1);
      size_t end = begin + random() % (expected.size() - begin + 1);
      ASSERT_EQ(slice.Slice(begin, end).ToString(), expected.substr(begin, end - begin));
    }
  }
}

struct CollectingSink final : http::BodySink {
  void OnChunk(http::Bytes chunk) override {
    EXPECT_FALSE(chunk.empty());
    text += chunk.view();
  }
  void OnEnd() override { ended = true; }
  void OnError(http::BodyError, std::string_view) override { FAIL(); }
  std::string text;
  bool ended = false;
};

TEST_F(RopeTest, AsABody) {
  RopeBuilder builder(account);
  std::string expected;
  for (char c : {'a', 'b', 'c'}) {
    std::string text(10'000, c);
    builder.Append(text);
    expected += text;
  }
  RopeSlice slice = builder.Finish().Slice(5, 29'990);
  auto source = http::MakeRef<RopeSource>(slice);
  EXPECT_EQ(source->length(), 29'985u);
  CollectingSink sink;
  for (int i = 0; i < 10 && !sink.ended; ++i) source->Pull(&sink);
  EXPECT_TRUE(sink.ended);
  EXPECT_EQ(sink.text, expected.substr(5, 29'985));
}

TEST_F(RopeTest, ACancelledBodyLetsGoOfItsMemory) {
  auto source = http::MakeRef<RopeSource>(Make(std::string(100'000, 'x')));
  EXPECT_GT(account->bytes, 0);
  source->Cancel();
  EXPECT_EQ(account->bytes, 0);
}

}  // namespace
}  // namespace verge::bindings
