#include "bindings/fetch/data_url.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

namespace verge::bindings {
namespace {

void ExpectUrl(std::string_view url, std::string_view type, std::string_view body) {
  auto parsed = ParseDataUrl(url);
  ASSERT_TRUE(parsed) << url;
  EXPECT_EQ(parsed->mime_type, type) << url;
  EXPECT_EQ(parsed->body, body) << url;
}

TEST(DataUrl, Parses) {
  ExpectUrl("data:,X", "text/plain;charset=US-ASCII", "X");
  ExpectUrl("data:,", "text/plain;charset=US-ASCII", "");
  ExpectUrl("data:text/html,<b>", "text/html", "<b>");
  ExpectUrl("data: Text/HTML ;Charset=x ,X", "text/html;charset=x", "X");
  ExpectUrl("data:;charset=x,X", "text/plain;charset=x", "X");
  ExpectUrl("data:broken,X", "text/plain;charset=US-ASCII", "X");
  ExpectUrl("data:text/plain,a,b", "text/plain", "a,b");
}

TEST(DataUrl, DecodesPercentEscapes) {
  ExpectUrl("data:,%FF%00%zz%4", "text/plain;charset=US-ASCII", std::string_view("\xff\0%zz%4", 7));
  ExpectUrl("data:,%", "text/plain;charset=US-ASCII", "%");
  ExpectUrl("data:,a%2", "text/plain;charset=US-ASCII", "a%2");
}

TEST(DataUrl, LeavesTheFragmentOut) {
  ExpectUrl("data:,X#Y", "text/plain;charset=US-ASCII", "X");
  EXPECT_FALSE(ParseDataUrl("data:#,X"));
}

TEST(DataUrl, Base64) {
  ExpectUrl("data:;base64,WA", "text/plain;charset=US-ASCII", "X");
  ExpectUrl("data:text/plain;  BASE64,W A%20==", "text/plain", "X");
  ExpectUrl("data:text/plain;base64;x=y,WA", "text/plain;x=y", "WA");
  ExpectUrl("data:text/plain;base64 ,WA", "text/plain", "X");
  ExpectUrl("data:base64,WA", "text/plain;charset=US-ASCII", "WA");
  ExpectUrl("data:;base64;base64,WA", "text/plain", "X");
  EXPECT_FALSE(ParseDataUrl("data:;base64,W"));
  EXPECT_FALSE(ParseDataUrl("data:;base64,-_"));
}

TEST(DataUrl, Failures) {
  EXPECT_FALSE(ParseDataUrl("data:"));
  EXPECT_FALSE(ParseDataUrl("data:text/html"));
  EXPECT_FALSE(ParseDataUrl("blob:,X"));
  EXPECT_FALSE(ParseDataUrl(""));
}

TEST(DataUrl, SurvivesAnything) {
  std::mt19937 random(11);
  constexpr std::string_view kPieces[] = {"%", "%4", "%41", ",", ";", "base64", "#", " ", "=", "\"", "/", "a", "\xff"};
  for (int round = 0; round < 50'000; ++round) {
    std::string url = "data:";
    for (size_t i = random() % 12; i > 0; --i) url += kPieces[random() % std::size(kPieces)];
    auto parsed = ParseDataUrl(url);
    if (parsed) ASSERT_FALSE(parsed->mime_type.empty());
  }
}

}  // namespace
}  // namespace verge::bindings
