#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <limits>
#include <string>
#include <string_view>

#include "bindings/crypto/primitives/kdf.h"
#include "tests/bindings/crypto_test_util.h"

namespace verge::crypto {
namespace {

constexpr uint32_t kNoLimit = std::numeric_limits<uint32_t>::max();

KeyAttributes Attributes(AlgorithmId id) {
  KeyAttributes attributes;
  attributes.id = id;
  return attributes;
}

Outcome<SecretBytes> Derive(Hash hash, std::string_view password, std::string_view salt, uint32_t iterations,
                            std::optional<uint32_t> bits, const Budget& budget = {}, uint32_t limit = kNoLimit) {
  Params params;
  params.id = AlgorithmId::kPbkdf2;
  params.hash = hash;
  params.salt = CopyOf(AsBytes(salt));
  params.iterations = iterations;
  return Pbkdf2(params, Key(Attributes(params.id), CopyOf(AsBytes(password))), bits, limit, budget);
}

TEST(CryptoPbkdf2, Rfc6070) {
  EXPECT_EQ(HexOf(Derive(Hash::kSha1, "password", "salt", 1, 160)), "0c60c80f961f0e71f3a9b524af6012062fe037a6");
  EXPECT_EQ(HexOf(Derive(Hash::kSha1, "password", "salt", 2, 160)), "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957");
}

// Against OpenSSL's own.
TEST(CryptoPbkdf2, AsOpenSsl) {
  for (Hash hash : {Hash::kSha1, Hash::kSha256, Hash::kSha384, Hash::kSha512}) {
    for (size_t password_size : {0U, 1U, 64U, 65U, 128U, 129U, 1000U}) {
      for (uint32_t iterations : {1U, 2U, 300U}) {
        for (size_t size : {1U, 20U, 64U, 200U}) {
          const std::string password(password_size, 'p');
          const std::string salt(password_size / 2, 's');
          SecretBytes expected(size);
          ASSERT_EQ(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                                      reinterpret_cast<const uint8_t*>(salt.data()), static_cast<int>(salt.size()),
                                      static_cast<int>(iterations), Md(hash), static_cast<int>(size), expected.data()),
                    1);
          EXPECT_EQ(HexOf(Derive(hash, password, salt, iterations, static_cast<uint32_t>(size * 8))), ToHex(expected));
        }
      }
    }
  }
}

TEST(CryptoPbkdf2, Limits) {
  EXPECT_TRUE(FailsWith(Derive(Hash::kSha256, "p", "s", 0, 256), FailureKind::kOperation));
  for (std::optional<uint32_t> bits : {std::optional<uint32_t>(), std::optional<uint32_t>(0),
                                       std::optional<uint32_t>(9), std::optional<uint32_t>(kNoLimit - 7)}) {
    EXPECT_TRUE(FailsWith(Derive(Hash::kSha256, "p", "s", 1, bits), FailureKind::kOperation));
  }
  EXPECT_TRUE(Derive(Hash::kSha256, "p", "s", 10, 8, {}, 10).has_value());
  EXPECT_TRUE(FailsWith(Derive(Hash::kSha256, "p", "s", 11, 8, {}, 10), FailureKind::kNotSupported));
}

TEST(CryptoPbkdf2, LooksAtItsBudget) {
  int looks = 0;
  Budget budget(
      [](const void* data) {
        auto* count = static_cast<int*>(const_cast<void*>(data));
        return ++*count == 3;
      },
      &looks);
  // Days, without.
  EXPECT_TRUE(FailsWith(Derive(Hash::kSha512, "p", "s", kNoLimit, 256, budget), FailureKind::kOperation));
  EXPECT_EQ(looks, 3);
  // As many short blocks as fit.
  looks = 0;
  EXPECT_TRUE(FailsWith(Derive(Hash::kSha1, "p", "s", 1, kMaxPbkdf2Output * 8, budget), FailureKind::kOperation));
  EXPECT_EQ(looks, 3);
}

Outcome<SecretBytes> Expand(std::string_view secret, std::string_view salt, std::string_view info, uint32_t bits) {
  Params params;
  params.id = AlgorithmId::kHkdf;
  params.hash = Hash::kSha256;
  params.salt = FromHex(salt);
  params.info = FromHex(info);
  return Hkdf(params, Key(Attributes(params.id), FromHex(secret)), bits);
}

TEST(CryptoHkdf, Rfc5869) {
  EXPECT_EQ(HexOf(Expand("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c",
                         "f0f1f2f3f4f5f6f7f8f9", 336)),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  // A.2: longer than a block, in all parts.
  std::string secret;
  std::string salt;
  std::string info;
  for (uint8_t i = 0; i < 80; ++i) {
    secret += ToHex(Bytes(&i, 1));
    uint8_t s = i + 0x60;
    salt += ToHex(Bytes(&s, 1));
    uint8_t n = i + 0xb0;
    info += ToHex(Bytes(&n, 1));
  }
  EXPECT_EQ(
      HexOf(Expand(secret, salt, info, 656)),
      "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09"
      "b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
  EXPECT_EQ(Expand("00", "", "", 255 * 256)->size(), 255U * 32);
  EXPECT_TRUE(FailsWith(Expand("00", "", "", 255 * 256 + 8), FailureKind::kOperation));
}

}  // namespace
}  // namespace verge::crypto
