#include "http/chunked_decoder.h"

#include <gtest/gtest.h>

#include <string>

namespace verge::http {
namespace {

using Status = ChunkedDecoder::Status;

struct Decoded {
  Status status = Status::kNeedMore;
  std::string body;
  std::string rest;
};

Decoded Decode(std::string_view text, size_t step, uint64_t limit = 1'000'000) {
  ChunkedDecoder decoder;
  decoder.Init(limit);
  Decoded decoded;
  while (!text.empty()) {
    std::string_view data = text.substr(0, step);
    const size_t before = data.size();
    std::string_view payload;
    decoded.status = decoder.Next(data, payload);
    if (decoded.status == Status::kPayload) decoded.body.append(payload);
    text.remove_prefix(before - data.size());
    if (decoded.status != Status::kNeedMore && decoded.status != Status::kPayload) break;
  }
  decoded.rest = text;
  return decoded;
}

constexpr size_t kSteps[] = {1, 2, 3, 5, SIZE_MAX};

TEST(ChunkedDecoder, Valid) {
  const struct {
    std::string_view text, body;
  } kCases[] = {
      {"0\r\n\r\n", ""},
      {"5\r\nhello\r\n0\r\n\r\n", "hello"},
      {"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world"},
      {"A\r\n0123456789\r\na\r\n0123456789\r\n000\r\n\r\n", "01234567890123456789"},
      {"0000000000000005\r\nhello\r\n0\r\n\r\n", "hello"},
      {"5;a=b;c=\"d;e\"\r\nhello\r\n0;x\r\n\r\n", "hello"},
      {"2\r\n\r\n\r\n0\r\n\r\n", "\r\n"},
      {"0\r\nTrailer: value\r\nOther:\r\n\r\n", ""},
  };
  for (const auto& test : kCases) {
    for (const size_t step : kSteps) {
      const Decoded decoded = Decode(std::string(test.text) + "GET", step);
      EXPECT_EQ(decoded.status, Status::kEnd) << test.text << step;
      EXPECT_EQ(decoded.body, test.body);
      EXPECT_EQ(decoded.rest, "GET");
    }
  }
}

TEST(ChunkedDecoder, Malformed) {
  using namespace std::string_literals;
  for (const std::string& text : {"\r\n"s,         "g\r\n"s,          "-1\r\n"s,         "+1\r\n"s,
                                  "0x1\r\n"s,      " 1\r\n"s,         "1 \r\n"s,         "1\t\r\n"s,
                                  "1\n"s,          "1\rx"s,           "1 ;a\r\n"s,       "00000000000000005\r\n"s,
                                  "1;\n"s,         "1;a\nb\r\n"s,     "1;a\rb"s,         "1;a\0\r\n"s,
                                  "1;\x01\r\n"s,   "1;\x7f\r\n"s,     "1\r\naX"s,        "1\r\na\n"s,
                                  "1\r\na\rX"s,    "1\r\nab\r\n"s,    "1\r\na\r\n\r\n"s, "0\r\nX"s + "\r\n"s,
                                  "0\r\n: a\r\n"s, "0\r\n a: b\r\n"s, "0\r\na : b\r\n"s, "0\r\na: b\nc: d\r\n"s,
                                  "0\r\na: b\rX"s, "0\r\na: \0\r\n"s, "0\r\n\rX"s,       "0\r\n\n"s,
                                  "0\n\r\n"s,      ";a\r\n"s,         "\"1\"\r\n"s,      "1,\r\n"s}) {
    for (const size_t step : kSteps) {
      EXPECT_EQ(Decode(text, step).status, Status::kMalformed) << testing::PrintToString(text) << step;
    }
  }
}

TEST(ChunkedDecoder, TheLimitIsExactAndCountsAllChunks) {
  for (const size_t step : kSteps) {
    EXPECT_EQ(Decode("5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n", step, 10).status, Status::kEnd);
    const Decoded decoded = Decode("5\r\nhello\r\n6\r\nworld!\r\n0\r\n\r\n", step, 10);
    EXPECT_EQ(decoded.status, Status::kTooLarge);
    EXPECT_EQ(decoded.body, "hello");
    EXPECT_EQ(Decode("ffffffffffffffff\r\n", step, 10).status, Status::kTooLarge);
    EXPECT_EQ(Decode("1\r\na\r\nffffffffffffffff\r\n", step, UINT64_MAX).status, Status::kTooLarge);
  }
}

TEST(ChunkedDecoder, ExtensionsAreBoundedByWhatTheyDescribe) {
  EXPECT_EQ(Decode("1;" + std::string(100'000, 'x'), SIZE_MAX).status, Status::kMalformed);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "1;" + std::string(100, 'x') + "\r\na\r\n";
  EXPECT_EQ(Decode(many, SIZE_MAX).status, Status::kMalformed);
  // Signed chunks, as object stores' clients send them.
  std::string chunks;
  for (int i = 0; i < 100; ++i) {
    chunks += "400;chunk-signature=" + std::string(64, 'f') + "\r\n" + std::string(1024, 'a') + "\r\n";
  }
  EXPECT_EQ(Decode(chunks + "0\r\n\r\n", SIZE_MAX).status, Status::kEnd);
}

TEST(ChunkedDecoder, TrailersAreBounded) {
  std::string trailers = "0\r\n";
  for (int i = 0; i < 1000; ++i) trailers += "name: some value that adds up\r\n";
  EXPECT_EQ(Decode(trailers + "\r\n", SIZE_MAX).status, Status::kTrailersTooLarge);
}

}  // namespace
}  // namespace verge::http
