#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "bindings/crypto/primitives/operations.h"
#include "bindings/crypto/primitives/symmetric.h"
#include "tests/bindings/crypto_test_util.h"

namespace verge::crypto {
namespace {

constexpr Usages kAll = kEncrypt | kDecrypt;

KeyRef Import(AlgorithmId id, std::string_view hex, Usages usages, std::optional<Hash> hash = {}) {
  Params params;
  params.id = id;
  params.hash = hash;
  Outcome<KeyRef> key = ImportKey(Format::kRaw, FromHex(hex), params, true, usages);
  EXPECT_TRUE(key.has_value());
  return key.value_or(nullptr);
}

TEST(CryptoAes, Gcm) {
  // McGrew and Viega, "The Galois/Counter Mode of Operation", test case 16.
  KeyRef key = Import(AlgorithmId::kAesGcm, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", kAll);
  Params params;
  params.iv = FromHex("cafebabefacedbaddecaf888");
  params.additional_data = FromHex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  const SecretBytes text = FromHex(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657"
      "ba637b39");
  Outcome<SecretBytes> out = Encrypt(params, *key, text);
  EXPECT_EQ(
      HexOf(out),
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a"
      "0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b");
  EXPECT_EQ(HexOf(Decrypt(params, *key, *out)), ToHex(text));
  for (size_t i = 0; i < out->size(); i += 7) {
    SecretBytes broken = *out;
    broken[i] ^= 0x80;
    EXPECT_TRUE(FailsWith(Decrypt(params, *key, broken), FailureKind::kOperation));
  }
  EXPECT_TRUE(FailsWith(Decrypt(params, *key, {}), FailureKind::kOperation));
  params.tag_length = 33;
  EXPECT_TRUE(FailsWith(Encrypt(params, *key, text), FailureKind::kOperation));
}

// Counts by itself: AES-CTR of single blocks that never come around.
std::string CountedByHand(const Key& key, SecretBytes counter, uint32_t bits, size_t blocks) {
  std::string out;
  for (size_t i = 0; i < blocks; ++i) {
    Params params;
    params.iv = counter;
    params.length = 1;
    out += HexOf(Encrypt(params, key, SecretBytes(16)));
    for (uint32_t bit = 0; bit < bits; ++bit) {
      uint8_t& byte = counter[15 - bit / 8];
      byte ^= static_cast<uint8_t>(1U << (bit % 8));
      if ((byte >> (bit % 8) & 1) != 0) break;
    }
  }
  return out;
}

TEST(CryptoAes, CtrComesAround) {
  KeyRef key = Import(AlgorithmId::kAesCtr, "2b7e151628aed2a6abf7158809cf4f3c", kAll);
  for (std::string_view counter :
       {"000102030405060708090a0b0c0d0eff", "00000000000000000000000000000000", "ffffffffffffffffffffffffffffffff",
        "fffffffffffffffffffffffffffffffe", "f0f1f2f3f4f5f6f7fffffffffffffffd", "f0f1f2f3f4f5f6f7f8f9fafbfffffffe"}) {
    for (uint32_t bits : {2U, 3U, 7U, 8U, 9U, 31U, 32U, 33U, 40U, 63U, 64U, 65U, 100U, 127U, 128U}) {
      const size_t blocks = bits == 2 ? 4 : 6;
      Params params;
      params.iv = FromHex(counter);
      params.length = bits;
      EXPECT_EQ(HexOf(Encrypt(params, *key, SecretBytes(16 * blocks))),
                CountedByHand(*key, FromHex(counter), bits, blocks))
          << counter << " " << bits;
    }
  }
  Params params;
  params.iv = SecretBytes(16);
  params.length = 3;
  EXPECT_TRUE(Encrypt(params, *key, SecretBytes(128)).has_value());
  EXPECT_TRUE(FailsWith(Encrypt(params, *key, SecretBytes(129)), FailureKind::kOperation));
}

TEST(CryptoAes, Wrap) {
  // RFC 3394, 4.2.
  KeyRef key = Import(AlgorithmId::kAesKw, "000102030405060708090a0b0c0d0e0f1011121314151617", kWrapKey | kUnwrapKey);
  const SecretBytes plain = FromHex("00112233445566778899aabbccddeeff");
  Outcome<SecretBytes> wrapped = AesWrap(*key, plain);
  EXPECT_EQ(HexOf(wrapped), "96778b25ae6ca435f92b5b97c050aed2468ab8a17ad84e5d");
  EXPECT_EQ(HexOf(AesUnwrap(*key, *wrapped)), ToHex(plain));
  for (size_t size : {0U, 8U, 15U, 16U, 25U}) {
    EXPECT_TRUE(FailsWith(AesUnwrap(*key, SecretBytes(size)), FailureKind::kOperation)) << size;
  }
}

TEST(CryptoHmac, Rfc4231) {
  KeyRef key = Import(AlgorithmId::kHmac, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", kSign | kVerify, Hash::kSha256);
  Outcome<SecretBytes> mac = HmacSign(*key, AsBytes("Hi There"));
  EXPECT_EQ(HexOf(mac), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(HmacVerify(*key, *mac, AsBytes("Hi There")), true);
  EXPECT_EQ(HmacVerify(*key, *mac, AsBytes("Hi there")), false);
  EXPECT_EQ(HmacVerify(*key, Bytes(*mac).first(31), AsBytes("Hi There")), false);
  // A key longer than a block (test case 6).
  KeyRef longer = Import(AlgorithmId::kHmac, ToHex(SecretBytes(131, 0xaa)), kSign, Hash::kSha256);
  EXPECT_EQ(HexOf(HmacSign(*longer, AsBytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(CryptoKeys, UsesAreChecked) {
  KeyRef key = Import(AlgorithmId::kAesGcm, "00000000000000000000000000000000", kEncrypt);
  EXPECT_TRUE(CheckKey(*key, AlgorithmId::kAesGcm, kEncrypt).has_value());
  EXPECT_TRUE(FailsWith(CheckKey(*key, AlgorithmId::kAesGcm, kDecrypt), FailureKind::kInvalidAccess));
  EXPECT_TRUE(FailsWith(CheckKey(*key, AlgorithmId::kAesCbc, kEncrypt), FailureKind::kInvalidAccess));
  EXPECT_TRUE(FailsWith(CheckUsages(kSign | kEncrypt, kEncrypt), FailureKind::kSyntax));
  for (size_t bit = 0; bit < kUsageCount; ++bit) EXPECT_EQ(FindUsage(UsageName(bit)), static_cast<Usage>(1U << bit));
  for (size_t i = 0; i < kAlgorithmCount; ++i) {
    EXPECT_EQ(FindAlgorithm(AlgorithmName(static_cast<AlgorithmId>(i))), static_cast<AlgorithmId>(i));
  }
}

}  // namespace
}  // namespace verge::crypto
