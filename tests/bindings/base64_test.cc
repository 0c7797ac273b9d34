#include "bindings/encoding/base64.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace verge::bindings {
namespace {

// Infra's "forgiving-base64 decode", step by step: https://infra.spec.whatwg.org/#forgiving-base64-decode.
std::optional<std::string> DecodeByTheBook(std::string_view text) {
  std::string data;
  for (char c : text) {
    if (std::string_view("\t\n\f\r ").find(c) == std::string_view::npos) data += c;
  }
  if (data.size() % 4 == 0) {
    if (data.ends_with("==")) {
      data.resize(data.size() - 2);
    } else if (data.ends_with("=")) {
      data.resize(data.size() - 1);
    }
  }
  if (data.size() % 4 == 1) return std::nullopt;
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  uint32_t buffer = 0;
  int bits = 0;
  for (char c : data) {
    size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    buffer = buffer << 6 | static_cast<uint32_t>(value);
    bits += 6;
    if (bits == 24) {
      out += {static_cast<char>(buffer >> 16), static_cast<char>(buffer >> 8), static_cast<char>(buffer)};
      buffer = 0;
      bits = 0;
    }
  }
  if (bits == 12) out += static_cast<char>(buffer >> 4);
  if (bits == 18) out += {static_cast<char>(buffer >> 10), static_cast<char>(buffer >> 2)};
  return out;
}

TEST(Base64, DecodesForgivingly) {
  EXPECT_EQ(ForgivingBase64Decode(""), "");
  EXPECT_EQ(ForgivingBase64Decode("YQ=="), "a");
  EXPECT_EQ(ForgivingBase64Decode("YQ"), "a");
  EXPECT_EQ(ForgivingBase64Decode(" Y\tQ\n=\f=\r"), "a");
  EXPECT_EQ(ForgivingBase64Decode("YR=="), "a") << "the bits left over do not have to be zero";
  EXPECT_EQ(ForgivingBase64Decode("YQ="), std::nullopt);
  EXPECT_EQ(ForgivingBase64Decode("Y"), std::nullopt);
  EXPECT_EQ(ForgivingBase64Decode("===="), std::nullopt);
  EXPECT_EQ(ForgivingBase64Decode("YWJj="), std::nullopt);
  EXPECT_EQ(ForgivingBase64Decode("YWJj===="), std::nullopt);
  EXPECT_EQ(ForgivingBase64Decode("YQ==YQ=="), std::nullopt);
  EXPECT_EQ(ForgivingBase64Decode("Y-_="), std::nullopt) << "not the URL-safe alphabet";
  EXPECT_EQ(ForgivingBase64Decode("YQ\v=="), std::nullopt) << "a vertical tab is not ASCII whitespace";
  EXPECT_EQ(ForgivingBase64Decode(std::string_view("YQ\0=", 4)), std::nullopt);
}

TEST(Base64, AgreesWithTheStandardOnRandomInput) {
  std::mt19937 random(20240101);
  constexpr std::string_view kMostlyGood = "ABCDabcd0123+/== \n\t-_\v\x80";
  for (int round = 0; round < 200'000; ++round) {
    std::string text;
    // Long ones reach the vectorised loops.
    size_t length = random() % (round % 100 == 0 ? 400 : 14);
    size_t alphabet = random() % 2 == 0 ? 14 : kMostlyGood.size();
    for (size_t i = 0; i < length; ++i) text += kMostlyGood[random() % alphabet];
    if (random() % 3 == 0) text += "==";
    if (random() % 3 == 0) text += "=";
    ASSERT_EQ(ForgivingBase64Decode(text), DecodeByTheBook(text)) << testing::PrintToString(text);
  }
}

TEST(Base64, EncodesWhatDecodesToTheSame) {
  std::mt19937 random(7);
  for (size_t length = 0; length < 300; ++length) {
    std::string bytes;
    for (size_t i = 0; i < length; ++i) bytes += static_cast<char>(random());
    std::string encoded = Base64Encode(bytes);
    EXPECT_EQ(encoded.size(), (length + 2) / 3 * 4);
    EXPECT_EQ(DecodeByTheBook(encoded), bytes);
  }
  EXPECT_EQ(Base64Encode("hello, world"), "aGVsbG8sIHdvcmxk");
}

}  // namespace
}  // namespace verge::bindings
