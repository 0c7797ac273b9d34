#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bindings/crypto/primitives/digest.h"
#include "bindings/crypto/primitives/text.h"
#include "tests/bindings/crypto_test_util.h"

namespace verge::crypto {
namespace {

struct Example {
  Hash hash;
  std::string_view abc;
};
// FIPS 180-4's examples, RFC 1321's for MD5.
constexpr Example kExamples[] = {
    {Hash::kSha1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {Hash::kSha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {Hash::kSha384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"},
    {Hash::kSha512,
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e"
     "2a9ac94fa54ca49f"},
    {Hash::kMd5, "900150983cd24fb0d6963f7d28e17f72"},
};

TEST(CryptoDigest, Examples) {
  for (const Example& example : kExamples) {
    // Twice: contexts are used again.
    for (int i = 0; i < 2; ++i) EXPECT_EQ(ToHex(Digest(example.hash, AsBytes("abc"))->bytes()), example.abc);
    EXPECT_EQ(DigestSize(example.hash) * 2, example.abc.size());
    EXPECT_EQ(FindHash(HashName(example.hash)), example.hash);
    EXPECT_TRUE(BlockSize(example.hash) >= 64);
  }
}

TEST(CryptoDigest, InPieces) {
  for (const Example& example : kExamples) {
    Hasher hasher(example.hash);
    for (std::string_view piece : {"", "a", "", "bc"}) EXPECT_TRUE(hasher.Update(AsBytes(piece)));
    EXPECT_EQ(ToHex(hasher.Finish()->bytes()), example.abc);
    EXPECT_FALSE(hasher.Finish().has_value());
    EXPECT_FALSE(hasher.Update(AsBytes("x")));
  }
}

TEST(CryptoDigest, ManyThreads) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int j = 0; j < 200; ++j) {
        for (const Example& example : kExamples) {
          EXPECT_EQ(ToHex(Digest(example.hash, AsBytes("abc"))->bytes()), example.abc);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(CryptoDigest, Names) {
  EXPECT_EQ(FindHash("sha-256"), Hash::kSha256);
  for (std::string_view wrong : {"", "SHA256", "SHA-2567", "SHA-25", "SHA_256", "sha-256 "}) {
    EXPECT_FALSE(FindHash(wrong).has_value()) << wrong;
  }
}

TEST(CryptoText, Base64Url) {
  // RFC 4648, section 10, without padding.
  constexpr std::string_view kPairs[][2] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},         {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : kPairs) {
    EXPECT_EQ(ToBase64Url(AsBytes(plain)), text);
    EXPECT_EQ(AsText(*FromBase64Url(text)), plain);
  }
  EXPECT_EQ(ToBase64Url(FromHex("fbff")), "-_8");
  EXPECT_EQ(ToHex(*FromBase64Url("-_8")), "fbff");
  for (std::string_view wrong : {"Zg==", "Zm9v ", "Z", "Zm9vY", "+/8", "Zm\n9v", "Zm9v\xc3\xa4", "="}) {
    EXPECT_FALSE(FromBase64Url(wrong).has_value()) << wrong;
  }
}

}  // namespace
}  // namespace verge::crypto
