#include "bindings/formdata/multipart.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <random>
#include <string>
#include <string_view>

namespace verge::bindings {
namespace {

// A readable form: name[(filename)][type]=content;
std::string Parsed(std::string_view body, std::string_view boundary = "b", const MultipartLimits& limits = {}) {
  auto parts = ParseMultipart(body, boundary, limits);
  if (!parts) return "error: " + parts.error();
  std::string text;
  for (const MultipartPart& part : *parts) {
    EXPECT_LE(part.offset + part.size, body.size());
    text += part.name;
    if (part.filename) text += "(" + *part.filename + ")";
    if (part.content_type) text += "[" + *part.content_type + "]";
    text += "=" + std::string(body.substr(part.offset, part.size)) + ";";
  }
  return text;
}

std::string WithDisposition(std::string_view value) {
  return Parsed("--b\r\nContent-Disposition: " + std::string(value) + "\r\n\r\nx\r\n--b--");
}

bool Fails(std::string_view body) { return Parsed(body).starts_with("error: "); }

TEST(Multipart, Parses) {
  EXPECT_EQ(Parsed("--b--"), "");
  EXPECT_EQ(Parsed("--b--\r\n"), "");
  EXPECT_EQ(Parsed("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
                   "--b\r\ncontent-disposition:form-data; name=\"f\"; filename=\"x.txt\"\r\nCONTENT-TYPE: text/css\r\n"
                   "X-Other: y\r\n\r\nline\r\n--c\r\n\r\n--b--\r\n"),
            "a=1;f(x.txt)[text/css]=line\r\n--c\r\n;");
}

TEST(Multipart, EmptyContent) {
  EXPECT_EQ(Parsed("--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--b--"), "a=;");
  EXPECT_EQ(Parsed("--b\r\nContent-Disposition: form-data; name=a\r\n\r\n--b--"), "a=;");
}

TEST(Multipart, PreambleAndEpilogue) {
  EXPECT_EQ(Parsed("\r\n\r\n--b--\r\nepilogue"), "");
  EXPECT_EQ(Parsed("--b-- \t\r\n"), "");
  EXPECT_TRUE(Fails("preamble\r\n--b--"));
  EXPECT_TRUE(Fails("--b--junk"));
}

TEST(Multipart, Disposition) {
  EXPECT_EQ(WithDisposition("form-data; name=\"a\""), "a=x;");
  EXPECT_EQ(WithDisposition("Form-Data;NAME = a ; filename = f"), "a(f)=x;");
  EXPECT_EQ(WithDisposition("form-data; filename=\"f\"; name=\"a\"; other=\"o\";"), "a(f)=x;");
  EXPECT_EQ(WithDisposition("form-data; name=\"\"; filename=\"\""), "()=x;");
  EXPECT_EQ(WithDisposition("form-data; name=\"a;b=c\""), "a;b=c=x;");
  for (std::string_view bad :
       {"", "form-data", "form-data; name", "form-data; name=", "attachment; name=\"a\"", "form-data; filename=\"a\"",
        "form-data; name=\"a", "form-data; name=\"a\" junk", "form-data; name=\"a\"; name=\"b\"",
        "form-data; name=\"a\"; filename=\"b\"; filename=\"c\"", "form-data name=\"a\"", "form-data; name=a b"}) {
    EXPECT_TRUE(WithDisposition(bad).starts_with("error: ")) << bad;
  }
}

TEST(Multipart, EscapesInNames) {
  EXPECT_EQ(WithDisposition("form-data; name=\"%22%0D%0a%20%2\""), "\"\r\n%20%2=x;");
  EXPECT_EQ(WithDisposition("form-data; name=\"a\\\"b\"; filename=\"\\\"\""), "a\"b(\")=x;");
  EXPECT_EQ(WithDisposition("form-data; name=\"a\\b\""), "a\\b=x;");
  EXPECT_EQ(WithDisposition("form-data; name=\"C:\\\"; filename=\"\xff\""), "C:\\(\uFFFD)=x;");
}

TEST(Multipart, RefusesBrokenHeaders) {
  constexpr std::string_view kRest = "\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--b--";
  for (std::string_view bad : {"Content-Type", ": x", "Content Type: x", "A: b\nC: d", "A: b\rC: d", " folded: x"}) {
    EXPECT_TRUE(Fails("--b\r\n" + std::string(bad) + std::string(kRest)) || bad.starts_with(' ')) << bad;
  }
  EXPECT_TRUE(Fails("--b\r\n\r\nno headers\r\n--b--"));
  EXPECT_TRUE(Fails("--b\r\nContent-Type: x/y\r\n\r\nno disposition\r\n--b--"));
  EXPECT_TRUE(
      Fails("--b\r\nContent-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b\r\n\r\n--b--"));
}

TEST(Multipart, RefusesEveryTruncation) {
  std::string body = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Type: text/plain\r\n\r\nxy\r\n--b--";
  for (size_t size = 0; size < body.size(); ++size) EXPECT_TRUE(Fails(body.substr(0, size))) << size;
  EXPECT_EQ(Parsed(body), "a[text/plain]=xy;");
}

TEST(Multipart, Limits) {
  std::string part = "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n";
  EXPECT_EQ(Parsed(part + part + "--b--", "b", {.parts = 2}), "a=;a=;");
  EXPECT_TRUE(Parsed(part + part + "--b--", "b", {.parts = 1}).starts_with("error: "));
  for (size_t size : {0, 1, 10, 39, 40}) {
    EXPECT_TRUE(Parsed(part + "--b--", "b", {.header_bytes = size}).starts_with("error: ")) << size;
  }
  EXPECT_EQ(Parsed(part + "--b--", "b", {.header_bytes = 42}), "a=;");
  EXPECT_TRUE(Parsed("----", "").starts_with("error: "));
  EXPECT_TRUE(Parsed("--" + std::string(71, 'x') + "--", std::string(71, 'x')).starts_with("error: "));
  EXPECT_EQ(Parsed("--" + std::string(70, 'x') + "--", std::string(70, 'x')), "");
}

// Bodies made to be searched again and again: these take seconds if a part costs more than its own length.
TEST(Multipart, TakesLinearTime) {
  constexpr std::string_view kHead = "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n";
  std::string adjacent;
  for (int i = 0; i < 90'000; ++i) adjacent += kHead;
  adjacent += "--b--";
  auto parts = ParseMultipart(adjacent, "b");
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->size(), 90'000u);

  std::string boundary(70, 'a');
  std::string almost = "--" + boundary + "\r\nContent-Disposition: form-data; name=a\r\n\r\n";
  while (almost.size() < 10'000'000) almost += "\r\n--" + boundary.substr(1);
  EXPECT_FALSE(ParseMultipart(almost, boundary));

  std::string quotes = "--b\r\nContent-Disposition: form-data; name=\"";
  for (int i = 0; i < 5000; ++i) quotes += "\\\" ";
  EXPECT_FALSE(ParseMultipart(quotes + "\"\r\n\r\n\r\n--b--", "b", {.header_bytes = 10}));
  EXPECT_TRUE(ParseMultipart(quotes + "\"\r\n\r\n\r\n--b--", "b"));
}

TEST(Multipart, Writes) {
  EXPECT_EQ(MultipartFieldHead("b", "a"), "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n");
  EXPECT_EQ(MultipartFieldHead("b", "\"\r\n\n\r"),
            "--b\r\nContent-Disposition: form-data; name=\"%22%0D%0A%0D%0A%0D%0A\"\r\n\r\n");
  EXPECT_EQ(MultipartFileHead("b", "a", "x\n\"\\", ""),
            "--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"x%0A%22\\\"\r\n"
            "Content-Type: application/octet-stream\r\n\r\n");
  EXPECT_EQ(MultipartEnd("b"), "--b--\r\n");
  EXPECT_EQ(NormalizeLineBreaks("a\rb\nc\r\nd\n\r"), "a\r\nb\r\nc\r\nd\r\n\r\n");
}

TEST(Multipart, Boundary) {
  std::array<uint8_t, kBoundaryRandomBytes> bytes{};
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i * 37);
  std::string boundary = MakeBoundary(bytes);
  EXPECT_LE(boundary.size(), 70u);
  EXPECT_TRUE(
      std::ranges::all_of(boundary, [](char c) { return c == '-' || (c >= '2' && c <= '7') || std::isalpha(c); }));
}

TEST(Multipart, WhatIsWrittenParsesToTheSame) {
  std::mt19937 random(23);
  constexpr std::string_view kPieces[] = {"a", "\"", "\\", "\r\n", ";", "=", "--b", "é", " ", "name=", "-", "\r\n--"};
  for (int round = 0; round < 20'000; ++round) {
    auto text = [&] {
      std::string result;
      for (size_t i = random() % 6; i > 0; --i) result += kPieces[random() % std::size(kPieces)];
      return result;
    };
    std::string body;
    std::string expected;
    for (size_t i = random() % 4; i > 0; --i) {
      std::string name = text();
      std::string content = text();
      if (random() % 2) {
        std::string filename = text();
        body += MultipartFileHead("boundary", name, filename, "x/y");
        expected += name + "(" + filename + ")[x/y]=" + content + ";";
      } else {
        body += MultipartFieldHead("boundary", name);
        expected += name + "=" + content + ";";
      }
      body += content + "\r\n";
    }
    body += MultipartEnd("boundary");
    // "%22" in a name would come back as a quotation mark, and a backslash before one too: neither is made here, but
    // for the backslash, which stays.
    ASSERT_EQ(Parsed(body, "boundary"), expected);
  }
}

TEST(Multipart, SurvivesAnything) {
  std::mt19937 random(29);
  constexpr std::string_view kPieces[] = {"--b",
                                          "\r\n",
                                          "\r",
                                          "\n",
                                          "--",
                                          "Content-Disposition: form-data; name=\"a\"",
                                          "; filename=\"",
                                          "\"",
                                          "\\\"",
                                          ":",
                                          "x",
                                          " ",
                                          ";",
                                          "=",
                                          "Content-Type: ",
                                          "%22",
                                          "\xff",
                                          "\r\n\r\n",
                                          "\r\n--b\r\n",
                                          "\r\n--b--"};
  for (int round = 0; round < 200'000; ++round) {
    std::string body = random() % 4 ? "--b\r\n" : "";
    for (size_t i = random() % 12; i > 0; --i) body += kPieces[random() % std::size(kPieces)];
    (void)Parsed(body, "b", {.parts = 3, .header_bytes = random() % 100});
  }
}

}  // namespace
}  // namespace verge::bindings
