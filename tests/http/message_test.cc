#include "http/message.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "http/bytes.h"
#include "http/response_writer.h"

namespace verge::http {
namespace {

using namespace std::string_view_literals;

TEST(Message, Tokens) {
  for (const std::string_view good : {"a", "Content-Type", "!#$%&'*+-.^_`|~09azAZ"}) EXPECT_TRUE(IsToken(good)) << good;
  for (const std::string_view bad :
       {""sv, " "sv, "a b"sv, "a:"sv, "a\r"sv, "a\0"sv, "\xc3\xa4"sv, "(a)"sv, "a,"sv, "\x7f"sv}) {
    EXPECT_FALSE(IsToken(bad)) << bad;
  }
}

TEST(Message, FieldValues) {
  for (const std::string_view good : {""sv, "a"sv, "a b"sv, "a\tb"sv, "\xc3\xa4"sv, "\x01"sv})
    EXPECT_TRUE(IsFieldValue(good));
  for (const std::string_view bad : {" "sv, " a"sv, "a "sv, "a\t"sv, "a\rb"sv, "a\nb"sv, "a\0b"sv, "a\r\nB: c"sv}) {
    EXPECT_FALSE(IsFieldValue(bad)) << bad;
  }
}

TEST(Message, Names) {
  EXPECT_TRUE(EqualsIgnoreCase("Content-TYPE", "content-type"));
  EXPECT_FALSE(EqualsIgnoreCase("a", "ab"));
  EXPECT_TRUE(EqualsIgnoreCase("", ""));
  // Characters that differ in the bit of the case, and are no letters.
  for (const std::string_view padding : {"", "12345678", "1234567", "AbCdEfGh-IjKl"}) {
    for (int a = 0; a < 256; ++a) {
      for (int b = 0; b < 256; ++b) {
        const std::string left = std::string(padding) + static_cast<char>(a) + "abcdefgh";
        const std::string right = std::string(padding) + static_cast<char>(b) + "ABCDEFGH";
        const auto lower = [](int c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; };
        ASSERT_EQ(EqualsIgnoreCase(left, right), lower(a) == lower(b)) << padding << a << " " << b;
      }
    }
  }
  EXPECT_FALSE(EqualsIgnoreCase("@", "`"));
  EXPECT_FALSE(EqualsIgnoreCase("[", "{"));
  EXPECT_EQ(ReasonPhrase(404), "Not Found");
  EXPECT_EQ(ReasonPhrase(299), "");
}

TEST(Bytes, SlicesShareTheirBlock) {
  Bytes slice;
  {
    const Bytes all = Bytes::Take("hello world");
    slice = all.Slice(6, 100);
    EXPECT_EQ(slice.data(), all.data() + 6);
    EXPECT_TRUE(all.Slice(11).empty());
    EXPECT_TRUE(all.Slice(12, 1).empty());
    EXPECT_EQ(all.Slice(0, 5).view(), "hello");
  }
  EXPECT_EQ(slice.view(), "world");
}

TEST(Bytes, OwnersAreCountedAcrossThreads) {
  struct Block final : Bytes::Block {
    explicit Block(std::atomic<int>* count) : deleted(count) {}
    ~Block() override { ++*deleted; }
    std::atomic<int>* deleted;
  };
  std::atomic<int> deleted = 0;
  static constexpr uint8_t kData[] = {1, 2, 3};
  {
    std::vector<std::thread> threads;
    const Bytes bytes = Bytes::FromBlock(std::make_unique<Block>(&deleted), kData);
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([bytes] {
        for (int j = 0; j < 1000; ++j) {
          const Bytes copy = bytes.Slice(1);
          EXPECT_EQ(copy.data()[0], 2);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(deleted, 0);
  }
  EXPECT_EQ(deleted, 1);
}

TEST(Bytes, CopiesAndMoves) {
  std::string text = "abc";
  Bytes a = Bytes::Copy(text);
  text = "xyz";
  Bytes b = std::move(a);
  EXPECT_EQ(b.view(), "abc");
  EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move): it is empty, by contract
  b = b.Slice(1);
  EXPECT_EQ(b.view(), "bc");
  EXPECT_TRUE(Bytes::Copy(""sv).empty());
  EXPECT_EQ(Bytes::Static("literal").Slice(3).view(), "eral");
}

TEST(ResponseWriter, RefusesToSplitResponses) {
  for (const HeaderField& field : std::vector<HeaderField>{{"A", "b\r\nSet-Cookie: c"},
                                                           {"A\r\nB", "c"},
                                                           {"A: b\r\nC", "d"},
                                                           {"", "b"},
                                                           {"A", "b\nc"},
                                                           {"A", "b\rc"},
                                                           {"A", "b\0c"sv},
                                                           {"A", " b"}}) {
    std::string out = "before";
    EXPECT_FALSE(AppendResponseHead(out, {.status = 200, .status_text = {}, .headers = {&field, 1}}, {},
                                    ConnectionOption::kDefault, "now"));
    EXPECT_EQ(out, "before");
  }
  std::string out;
  EXPECT_FALSE(AppendResponseHead(out, {.status = 200, .status_text = "OK\r\nA: b", .headers = {}}, {},
                                  ConnectionOption::kDefault, "now"));
  for (const int status : {0, -1, 100, 101, 199, 1000}) {
    EXPECT_FALSE(AppendResponseHead(out, {.status = status, .status_text = {}, .headers = {}}, {},
                                    ConnectionOption::kDefault, "now"));
  }
  EXPECT_EQ(out, "");
}

TEST(ResponseWriter, WhatBelongsToTheServerIsLeftOut) {
  const std::vector<HeaderField> fields = {
      {"Connection", "upgrade"}, {"KEEP-ALIVE", "1"}, {"Transfer-Encoding", "gzip"}, {"Upgrade", "x"},
      {"Trailer", "x"},          {"TE", "x"},         {"Proxy-Connection", "x"},     {"Content-Length", "7"},
      {"date", "then"},          {"X-Empty", ""}};
  std::string out;
  ASSERT_TRUE(AppendResponseHead(out, {.status = 299, .status_text = "Fine", .headers = fields},
                                 {.kind = ResponseFraming::Kind::kLength, .length = UINT64_MAX},
                                 ConnectionOption::kClose, "now"));
  EXPECT_EQ(out,
            "HTTP/1.1 299 Fine\r\ndate: then\r\nX-Empty: \r\nContent-Length: 18446744073709551615\r\nConnection: "
            "close\r\n\r\n");
}

}  // namespace
}  // namespace verge::http
