#include "bindings/fetch/mime_type.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

namespace verge::bindings {
namespace {

std::string Normalized(std::string_view input) {
  auto parsed = ParseMimeType(input);
  return parsed ? parsed->Serialize() : "(failure)";
}

std::string Extracted(std::string_view header) {
  auto parsed = ExtractMimeType(header);
  return parsed ? parsed->Serialize() : "(failure)";
}

TEST(MimeType, Parses) {
  auto parsed = ParseMimeType(" Text/HTML ; Charset=\"UTF-8\" ");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->type, "text");
  EXPECT_EQ(parsed->subtype, "html");
  EXPECT_EQ(parsed->Essence(), "text/html");
  ASSERT_NE(parsed->Parameter("charset"), nullptr);
  EXPECT_EQ(*parsed->Parameter("charset"), "UTF-8");
  EXPECT_EQ(parsed->Parameter("boundary"), nullptr);
  EXPECT_EQ(parsed->Serialize(), "text/html;charset=UTF-8");
}

TEST(MimeType, RefusesWhatHasNoTypeAndSubtype) {
  for (std::string_view input : {"", "text", "/", "text/", "/html", "te xt/html", "text/ht ml", "text/html,x/y",
                                 "a/b/c", "text/\xe4", "(/x", "text /html"}) {
    EXPECT_EQ(Normalized(input), "(failure)") << input;
  }
}

TEST(MimeType, LeavesBrokenParametersOut) {
  EXPECT_EQ(Normalized("a/b;"), "a/b");
  EXPECT_EQ(Normalized("a/b;;;c=d"), "a/b;c=d");
  EXPECT_EQ(Normalized("a/b;c"), "a/b");
  EXPECT_EQ(Normalized("a/b;c="), "a/b");
  EXPECT_EQ(Normalized("a/b;c=;d=e"), "a/b;d=e");
  EXPECT_EQ(Normalized("a/b;c d=e"), "a/b");
  EXPECT_EQ(Normalized("a/b;=e"), "a/b");
  EXPECT_EQ(Normalized("a/b;c=\x01;d=e"), "a/b;d=e");
  EXPECT_EQ(Normalized("a/b;c=1;C=2"), "a/b;c=1") << "the first counts";
}

TEST(MimeType, QuotedStrings) {
  EXPECT_EQ(Normalized("a/b;c=\"d e\""), "a/b;c=\"d e\"");
  EXPECT_EQ(Normalized("a/b;c=\"d\""), "a/b;c=d");
  EXPECT_EQ(Normalized("a/b;c=\"\""), "a/b;c=\"\"");
  EXPECT_EQ(Normalized("a/b;c=\"\\\"\\\\\""), "a/b;c=\"\\\"\\\\\"");
  EXPECT_EQ(Normalized("a/b;c=\"d\" junk;e=f"), "a/b;c=d;e=f");
  EXPECT_EQ(Normalized("a/b;c=\"d;e=f"), "a/b;c=\"d;e=f\"") << "not closed";
  EXPECT_EQ(Normalized("a/b;c=\"d\\"), "a/b;c=\"d\\\\\"") << "ends in an escape";
  EXPECT_EQ(Normalized("a/b;c=\xe4"), "a/b;c=\"\xe4\"");
}

TEST(MimeType, ExtractsFromCombinedHeaders) {
  EXPECT_EQ(Extracted("text/html"), "text/html");
  EXPECT_EQ(Extracted(""), "(failure)");
  EXPECT_EQ(Extracted("text/plain;charset=gbk, text/html"), "text/html");
  EXPECT_EQ(Extracted("text/html;charset=gbk;a=b, text/html;x=y"), "text/html;x=y;charset=gbk");
  EXPECT_EQ(Extracted("text/html;charset=gbk, x/x, text/html;x=y"), "text/html;x=y");
  EXPECT_EQ(Extracted("text/html, cannot-parse"), "text/html");
  EXPECT_EQ(Extracted("text/html, */*"), "text/html");
  EXPECT_EQ(Extracted("text/html;\", text/plain"), "text/html") << "the comma is inside a quoted string";
  EXPECT_EQ(Extracted("text/html;x=\"a,b\",x/y"), "x/y");
  EXPECT_EQ(Extracted("x/y,"), "x/y");
}

TEST(MimeType, WhatIsSerializedParsesToTheSame) {
  std::mt19937 random(7);
  constexpr std::string_view kPieces[] = {"a", "/",    ";",   "=",         "\"", "\\", ",",
                                          " ", "\xe4", "b=c", "text/html", "\t", "\n"};
  for (int round = 0; round < 50'000; ++round) {
    std::string input;
    for (size_t i = random() % 10; i > 0; --i) input += kPieces[random() % std::size(kPieces)];
    (void)ExtractMimeType(input);
    auto parsed = ParseMimeType("x/y;" + input);
    ASSERT_TRUE(parsed);
    auto again = ParseMimeType(parsed->Serialize());
    ASSERT_TRUE(again);
    ASSERT_EQ(again->parameters, parsed->parameters) << input;
  }
}

TEST(MimeType, ManyParametersTakeNoQuadraticTime) {
  std::string input = "a/b";
  for (int i = 0; i < 200'000; ++i) input += ";p" + std::to_string(i % 150'000) + "=v";
  auto parsed = ParseMimeType(input);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->parameters.size(), 150'000u);
}

}  // namespace
}  // namespace verge::bindings
