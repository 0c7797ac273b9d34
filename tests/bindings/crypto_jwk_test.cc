#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

#include "bindings/crypto/primitives/jwk.h"
#include "tests/bindings/crypto_test_util.h"

namespace verge::crypto {
namespace {

std::string Write(const Jwk& jwk) { return std::string(AsText(JwkToJson(jwk))); }

TEST(CryptoJwk, ThereAndBack) {
  for (
      std::string_view json : {
          R"({})",
          R"({"kty":"oct"})",
          R"({"alg":"A128GCM","ext":true,"k":"AAEC","key_ops":["encrypt","decrypt"],"kty":"oct"})",
          R"({"crv":"P-256","d":"a","ext":false,"key_ops":[],"kty":"EC","x":"b","y":"c"})",
          R"({"alg":"a","d":"b","dp":"c","dq":"d","e":"e","ext":true,"k":"f","key_ops":["sign"],"kty":"g","n":"h","p":"i","q":"j","qi":"k","use":"l","x":"m","y":"n"})",
      }) {
    Outcome<Jwk> jwk = JwkFromJson(json);
    ASSERT_TRUE(jwk.has_value()) << json;
    EXPECT_EQ(Write(*jwk), json);
  }
}

TEST(CryptoJwk, WhatIsPassedOver) {
  Outcome<Jwk> jwk = JwkFromJson(
      "\xef\xbb\xbf { \"a\" : [1, {\"kty\": \"no\"}] , \"kty\" : \"one\", \"kt\\u0079\":\"tw\\u006f\"\n}\t");
  ASSERT_TRUE(jwk.has_value());
  EXPECT_EQ(Write(*jwk), R"({"kty":"two"})");
  EXPECT_TRUE(JwkFromJson(R"({"oth":[]})")->has_oth);
}

TEST(CryptoJwk, NotJson) {
  for (std::string_view json : {"",
                                " ",
                                "{",
                                "}",
                                "[]",
                                "null",
                                "{\"a\"}",
                                "{\"a\":}",
                                "{\"a\":1,}",
                                "{,}",
                                "{\"a\":1}}",
                                "{\"a\":1 \"b\":2}",
                                "{a:1}",
                                "{'a':1}",
                                "{\"a\":01}",
                                "{\"a\":+1}",
                                "{\"a\":1.}",
                                "{\"a\":NaN}",
                                "{\"a\":\"\\q\"}",
                                "{\"a\":\"\t\"}",
                                "{\"a\":\"\\u123\"}",
                                "{\"a\":[1,]}",
                                "{\"a\":[1 2]}",
                                "{\"kty\":null}",
                                "{\"ext\":\"true\"}",
                                "{\"key_ops\":[1]}",
                                "{\"a\":\"x"}) {
    EXPECT_TRUE(FailsWith(JwkFromJson(json), FailureKind::kData)) << json;
  }
  EXPECT_FALSE(JwkFromJson("{\"a\":" + std::string(1'000'000, '[')).has_value());
  EXPECT_FALSE(JwkFromJson(std::string("{\0}", 3)).has_value());
}

TEST(CryptoJwk, Mutations) {
  const std::string good =
      R"({"alg":"A128GCM","ext":true,"k":"AAEC","key_ops":["encrypt"],"kty":"oct","z":[{"a":-1.5e3},null,"\u00e4\n"]})";
  std::mt19937 random(1);  // NOLINT: the same each time
  for (int i = 0; i < 20'000; ++i) {
    std::string json = good;
    for (int j = 0; j < 1 + i % 3; ++j) {
      size_t at = random() % json.size();
      if (random() % 2 == 0) {
        json[at] = static_cast<char>(random());
      } else {
        json.erase(at, 1 + random() % 4);
      }
      if (json.empty()) break;
    }
    // Whatever it is, what comes out of it can be written.
    if (Outcome<Jwk> jwk = JwkFromJson(json)) EXPECT_FALSE(JwkToJson(*jwk).empty());
  }
}

TEST(CryptoJwk, Checks) {
  Jwk jwk;
  EXPECT_TRUE(FailsWith(CheckJwk(jwk, "oct", "enc", true, kEncrypt), FailureKind::kData));
  jwk.kty = "oct";
  EXPECT_TRUE(CheckJwk(jwk, "oct", "enc", true, kEncrypt).has_value());
  jwk.use = "sig";
  EXPECT_TRUE(FailsWith(CheckJwk(jwk, "oct", "enc", true, kEncrypt), FailureKind::kData));
  EXPECT_TRUE(CheckJwk(jwk, "oct", "enc", true, 0).has_value());
  EXPECT_TRUE(CheckJwk(jwk, "oct", "", true, kEncrypt).has_value());
  jwk.use.reset();
  jwk.ext = false;
  EXPECT_TRUE(CheckJwk(jwk, "oct", "enc", false, kEncrypt).has_value());
  EXPECT_TRUE(FailsWith(CheckJwk(jwk, "oct", "enc", true, kEncrypt), FailureKind::kData));
  jwk.key_ops = {"encrypt", "other", "other"};
  EXPECT_TRUE(CheckJwk(jwk, "oct", "enc", false, kEncrypt).has_value());
  EXPECT_TRUE(FailsWith(CheckJwk(jwk, "oct", "enc", false, kEncrypt | kDecrypt), FailureKind::kData));
  jwk.key_ops->emplace_back("encrypt");
  EXPECT_TRUE(FailsWith(CheckJwk(jwk, "oct", "enc", false, kEncrypt), FailureKind::kData));
}

}  // namespace
}  // namespace verge::crypto
