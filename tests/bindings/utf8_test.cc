#include "bindings/encoding/utf8.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

namespace verge::bindings {
namespace {

// The standard's UTF-8 decoder, byte by byte, giving UTF-8: https://encoding.spec.whatwg.org/#utf-8-decoder.
std::string RepairByTheBook(std::string_view bytes) {
  std::string out;
  std::string character;
  int needed = 0;
  int lower = 0x80;
  int upper = 0xBF;
  for (size_t i = 0; i < bytes.size(); ++i) {
    int byte = static_cast<unsigned char>(bytes[i]);
    if (needed == 0) {
      character = bytes[i];
      if (byte <= 0x7F) {
        out += bytes[i];
      } else if (byte >= 0xC2 && byte <= 0xDF) {
        needed = 1;
      } else if (byte >= 0xE0 && byte <= 0xEF) {
        if (byte == 0xE0) lower = 0xA0;
        if (byte == 0xED) upper = 0x9F;
        needed = 2;
      } else if (byte >= 0xF0 && byte <= 0xF4) {
        if (byte == 0xF0) lower = 0x90;
        if (byte == 0xF4) upper = 0x8F;
        needed = 3;
      } else {
        out += "\uFFFD";
      }
      continue;
    }
    bool fits = byte >= lower && byte <= upper;
    lower = 0x80;
    upper = 0xBF;
    if (!fits) {
      needed = 0;
      out += "\uFFFD";
      --i;
      continue;
    }
    character += bytes[i];
    if (--needed == 0) out += character;
  }
  if (needed != 0) out += "\uFFFD";
  return out;
}

TEST(Utf8, RepairsLikeTheStandard) {
  EXPECT_EQ(RepairUtf8("plain"), "plain");
  EXPECT_EQ(RepairUtf8("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), "é€😀");
  EXPECT_EQ(RepairUtf8("a\xFFz"), "a\uFFFDz");
  EXPECT_EQ(RepairUtf8("\xE2\x82"), "\uFFFD");
  EXPECT_EQ(RepairUtf8("\xE2\x82x"), "\uFFFDx");
  EXPECT_EQ(RepairUtf8("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD") << "a surrogate";
  EXPECT_EQ(RepairUtf8("\xC0\x80"), "\uFFFD\uFFFD") << "an overlong form";
  EXPECT_EQ(RepairUtf8("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD") << "above U+10FFFF";
}

TEST(Utf8, RepairsRandomBytesLikeTheStandard) {
  std::mt19937 random(11);
  constexpr std::string_view kInteresting = "a\x80\x8F\x90\x9F\xA0\xBF\xC0\xC2\xDF\xE0\xE1\xED\xEF\xF0\xF1\xF4\xF5\xFF";
  for (int round = 0; round < 100'000; ++round) {
    std::string text;
    if (round % 4 == 0) text.assign(random() % 100, 'x');  // moves what follows within the blocks of vector code
    size_t length = random() % 12;
    for (size_t i = 0; i < length; ++i) text += kInteresting[random() % kInteresting.size()];
    ASSERT_EQ(RepairUtf8(text), RepairByTheBook(text)) << testing::PrintToString(text);
  }
}

TEST(Utf8, FindsTheBeginningOfACharacterAtTheEnd) {
  EXPECT_EQ(IncompleteUtf8Suffix(""), 0u);
  EXPECT_EQ(IncompleteUtf8Suffix("abc"), 0u);
  EXPECT_EQ(IncompleteUtf8Suffix("abc\xC3"), 1u);
  EXPECT_EQ(IncompleteUtf8Suffix("\xC3\xA9"), 0u);
  EXPECT_EQ(IncompleteUtf8Suffix("\xE2\x82"), 2u);
  EXPECT_EQ(IncompleteUtf8Suffix("x\xF0\x9F\x98"), 3u);
  EXPECT_EQ(IncompleteUtf8Suffix("\xF0\x9F\x98\x80"), 0u);
  EXPECT_EQ(IncompleteUtf8Suffix("\xE0\x80"), 0u) << "can become nothing";
  EXPECT_EQ(IncompleteUtf8Suffix("\xED\xA0"), 0u);
  EXPECT_EQ(IncompleteUtf8Suffix("\x80\x80\x80"), 0u);
  EXPECT_EQ(IncompleteUtf8Suffix("\xFF"), 0u);
}

// Cutting the input in two anywhere, and keeping the suffix back, gives what the whole gives.
TEST(Utf8, SuffixesMakeStreamingExact) {
  std::mt19937 random(13);
  constexpr std::string_view kInteresting = "a\x80\x8F\x90\x9F\xA0\xBF\xC2\xE0\xE1\xED\xF0\xF1\xF4\xFF";
  for (int round = 0; round < 50'000; ++round) {
    std::string text;
    size_t length = 1 + random() % 10;
    for (size_t i = 0; i < length; ++i) text += kInteresting[random() % kInteresting.size()];
    size_t cut = random() % (length + 1);
    std::string first = text.substr(0, cut);
    size_t kept = IncompleteUtf8Suffix(first);
    std::string second = first.substr(cut - kept) + text.substr(cut);
    first.resize(cut - kept);
    ASSERT_EQ(RepairUtf8(first) + RepairUtf8(second), RepairByTheBook(text)) << testing::PrintToString(text);
  }
}

}  // namespace
}  // namespace verge::bindings
