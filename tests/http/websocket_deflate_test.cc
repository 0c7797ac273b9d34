// Both directions of permessage-deflate.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "http/websocket/deflate.h"
#include "tests/http/websocket_bytes.h"

namespace verge::http {
namespace {

constexpr size_t kLimit = 64 * 1024 * 1024;

std::string Noise(size_t size) {
  std::minstd_rand random(3);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random() >> 8);
  return text;
}

TEST(WebSocketDeflate, RoundTrips) {
  for (const int bits : {9, 12, 15}) {
    for (const bool takeover : {false, true}) {
      MessageDeflater deflater(bits, takeover);
      MessageInflater inflater(bits, takeover);
      const std::string long_text = std::string(200'000, 'a') + Noise(100'000) + std::string(1000, 'b');
      for (const std::string& text : {std::string("hello, hello"), std::string(), std::string(), Noise(5000),
                                      std::string(10'000, 'x'), long_text, std::string("hello, hello")}) {
        std::string compressed;
        for (size_t at = 0; at == 0 || at < text.size(); at += 4096) {
          const std::string_view piece = std::string_view(text).substr(at, 4096);
          ASSERT_TRUE(deflater.Compress(AsSpan(piece), at + piece.size() == text.size(), compressed));
        }
        EXPECT_FALSE(compressed.empty());
        std::string expanded;
        for (size_t at = 0; at < compressed.size(); at += 100) {
          ASSERT_EQ(inflater.Expand(AsSpan(std::string_view(compressed).substr(at, 100)), expanded, kLimit),
                    MessageInflater::Result::kOk);
        }
        ASSERT_EQ(inflater.Finish(expanded, kLimit), MessageInflater::Result::kOk);
        EXPECT_EQ(expanded, text) << bits << " " << takeover << " " << text.size();
      }
    }
  }
}

// RFC 7692, 7.2.3.
TEST(WebSocketDeflate, TheExamplesOfTheStandard) {
  const auto expand = [](MessageInflater& inflater, std::string_view input) {
    std::string out;
    EXPECT_EQ(inflater.Expand(AsSpan(input), out, 100), MessageInflater::Result::kOk);
    EXPECT_EQ(inflater.Finish(out, 100), MessageInflater::Result::kOk);
    return out;
  };
  MessageInflater inflater(15, true);
  EXPECT_EQ(expand(inflater, std::string_view("\xf2\x48\xcd\xc9\xc9\x07\x00", 7)), "Hello");
  EXPECT_EQ(expand(inflater, std::string_view("\xf2\x00\x11\x00\x00", 5)), "Hello");  // by the sliding window
  MessageInflater stored(15, true);
  EXPECT_EQ(expand(stored, std::string_view("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 11)), "Hello");
  MessageInflater final_block(15, true);
  EXPECT_EQ(expand(final_block, std::string_view("\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8)), "Hello");
  MessageInflater empty(15, true);
  EXPECT_EQ(expand(empty, std::string_view("\x00", 1)), "");
}

TEST(WebSocketDeflate, Limits) {
  MessageDeflater deflater(15, true);
  std::string compressed;
  ASSERT_TRUE(deflater.Compress(AsSpan(std::string(10'000, 'x')), true, compressed));
  for (const size_t limit : {0, 1, 4095, 4096, 9'999}) {
    MessageInflater inflater(15, true);
    std::string out;
    EXPECT_EQ(inflater.Expand(AsSpan(compressed), out, limit), MessageInflater::Result::kTooBig);
    EXPECT_LE(out.size(), limit + 1);
  }
  MessageInflater inflater(15, true);
  std::string out;
  EXPECT_EQ(inflater.Expand(AsSpan(compressed), out, 10'000), MessageInflater::Result::kOk);
}

}  // namespace
}  // namespace verge::http
