#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

#include "bindings/crypto/primitives/asymmetric.h"
#include "bindings/crypto/primitives/operations.h"
#include "bindings/crypto/primitives/text.h"
#include "tests/bindings/crypto_test_util.h"

namespace verge::crypto {
namespace {

Params ParamsOf(AlgorithmId id, std::string_view curve = "") {
  Params params;
  params.id = id;
  params.named_curve = curve;
  params.hash = Hash::kSha256;
  params.modulus_length = 1024;
  params.public_exponent = {1, 0, 1};
  params.salt_length = 32;
  return params;
}

const Params kKinds[] = {
    ParamsOf(AlgorithmId::kRsaSsa),         ParamsOf(AlgorithmId::kRsaPss),
    ParamsOf(AlgorithmId::kRsaOaep),        ParamsOf(AlgorithmId::kEcdsa, "P-256"),
    ParamsOf(AlgorithmId::kEcdsa, "P-521"), ParamsOf(AlgorithmId::kEcdh, "P-384"),
    ParamsOf(AlgorithmId::kEd25519),        ParamsOf(AlgorithmId::kEd448),
    ParamsOf(AlgorithmId::kX25519),         ParamsOf(AlgorithmId::kX448),
};

Usages UsagesOf(AlgorithmId id, KeyType type) {
  const bool is_private = type == KeyType::kPrivate;
  if (id == AlgorithmId::kRsaOaep) return is_private ? kDecrypt : kEncrypt;
  if (id == AlgorithmId::kEcdh || id == AlgorithmId::kX25519 || id == AlgorithmId::kX448)
    return is_private ? kDeriveBits : 0;
  return is_private ? kSign : kVerify;
}

KeyPair Generate(const Params& params) {
  Outcome<GeneratedKey> pair = GenerateKey(
      params, true, UsagesOf(params.id, KeyType::kPrivate) | UsagesOf(params.id, KeyType::kPublic), Budget());
  EXPECT_TRUE(pair.has_value()) << AlgorithmName(params.id);
  return pair ? std::get<KeyPair>(*pair) : KeyPair();
}

TEST(CryptoPairs, EveryFormatThereAndBack) {
  for (const Params& params : kKinds) {
    KeyPair pair = Generate(params);
    for (const KeyRef& key : {pair.public_key, pair.private_key}) {
      for (Format format : {Format::kRaw, Format::kSpki, Format::kPkcs8, Format::kJwk}) {
        Outcome<ExportedKey> exported = ExportKey(format, *key);
        if (!exported) continue;  // not this format
        KeyData data;
        std::string text;
        if (const Jwk* jwk = std::get_if<Jwk>(&*exported)) {
          data = *jwk;
          text = AsText(JwkToJson(*jwk));
        } else {
          data = std::get<SecretBytes>(*exported);
          text = AsText(std::get<SecretBytes>(*exported));
        }
        Outcome<KeyRef> back = ImportKey(format, data, params, true, key->usages());
        ASSERT_TRUE(back.has_value()) << AlgorithmName(params.id) << " " << back.error().message;
        EXPECT_EQ((*back)->type(), key->type());
        Outcome<ExportedKey> again = ExportKey(format, **back);
        ASSERT_TRUE(again.has_value());
        const Jwk* jwk = std::get_if<Jwk>(&*again);
        EXPECT_EQ(std::string(AsText(jwk ? JwkToJson(*jwk) : std::get<SecretBytes>(*again))), text);
      }
    }
  }
}

TEST(CryptoPairs, SignAndVerify) {
  for (const Params& params : kKinds) {
    if ((UsagesOf(params.id, KeyType::kPrivate) & kSign) == 0) continue;
    KeyPair pair = Generate(params);
    for (std::string_view text : {std::string_view(), std::string_view("text")}) {
      Outcome<SecretBytes> signature = Sign(params, *pair.private_key, AsBytes(text));
      ASSERT_TRUE(signature.has_value()) << AlgorithmName(params.id);
      EXPECT_EQ(Verify(params, *pair.public_key, *signature, AsBytes(text)), true);
      EXPECT_EQ(Verify(params, *pair.public_key, *signature, AsBytes("other")), false);
      EXPECT_EQ(Verify(params, *pair.public_key, {}, AsBytes(text)), false);
      for (size_t i = 0; i < signature->size(); i += 5) {
        SecretBytes broken = *signature;
        broken[i] ^= 1;
        EXPECT_EQ(Verify(params, *pair.public_key, broken, AsBytes(text)), false);
      }
    }
    EXPECT_TRUE(FailsWith(Sign(params, *pair.public_key, {}), FailureKind::kInvalidAccess));
    EXPECT_TRUE(FailsWith(Verify(params, *pair.private_key, {}, {}), FailureKind::kInvalidAccess));
  }
}

TEST(CryptoPairs, BrokenDer) {
  std::mt19937 random(1);  // NOLINT: the same each time
  for (const Params& params : kKinds) {
    KeyPair pair = Generate(params);
    const SecretBytes spki = *ToSpki(*pair.public_key);
    const SecretBytes pkcs8 = *ToPkcs8(*pair.private_key);
    for (int i = 0; i < 300; ++i) {
      const bool is_private = i % 2 == 0;
      SecretBytes der = is_private ? pkcs8 : spki;
      for (int j = 0; j <= i % 3; ++j) der[random() % der.size()] = static_cast<uint8_t>(random());
      if (i % 5 == 0) der.resize(random() % der.size());
      const KeyType type = is_private ? KeyType::kPrivate : KeyType::kPublic;
      Outcome<KeyRef> key =
          ImportKey(is_private ? Format::kPkcs8 : Format::kSpki, der, params, true, UsagesOf(params.id, type));
      // A key of something else than it says may come of it, but one that works.
      if (key && (UsagesOf(params.id, type) & kSign) != 0) (void)Sign(params, **key, AsBytes("text"));
    }
  }
}

TEST(CryptoPairs, WrongAlgorithms) {
  for (const Params& params : kKinds) {
    const SecretBytes spki = *ToSpki(*Generate(params).public_key);
    for (const Params& other : kKinds) {
      const bool same = other.id == params.id || (IsRsa(other.id) && IsRsa(params.id));
      if (same && other.named_curve == params.named_curve) continue;
      EXPECT_TRUE(FailsWith(ImportKey(Format::kSpki, spki, other, true, 0), FailureKind::kData));
    }
  }
}

TEST(CryptoRsa, GenerationLooksAtItsBudget) {
  Params params = ParamsOf(AlgorithmId::kRsaPss);
  params.modulus_length = kMaxRsaModulus;
  int looks = 0;
  Budget budget(
      [](const void* data) {
        auto* count = static_cast<int*>(const_cast<void*>(data));
        return ++*count >= 2;
      },
      &looks);
  EXPECT_TRUE(FailsWith(GenerateKey(params, true, kSign, budget), FailureKind::kOperation));
  EXPECT_GE(looks, 2);
}

TEST(CryptoX25519, Rfc7748) {
  Params params = ParamsOf(AlgorithmId::kX25519);
  Jwk jwk;
  jwk.kty = "OKP";
  jwk.crv = "X25519";
  jwk.d = JwkText(FromHex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"));
  jwk.x = JwkText(FromHex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"));
  Outcome<KeyRef> bob = ImportKey(Format::kJwk, jwk, params, true, kDeriveBits);
  Outcome<KeyRef> alice = ImportKey(
      Format::kRaw, FromHex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"), params, true, 0);
  ASSERT_TRUE(bob && alice);
  params.public_key = *alice;
  EXPECT_EQ(HexOf(Agree(params, **bob, std::nullopt)),
            "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
  EXPECT_EQ(HexOf(Agree(params, **bob, 13)), "4a58");
  EXPECT_EQ(HexOf(Agree(params, **bob, 0)), "");
  EXPECT_TRUE(FailsWith(Agree(params, **bob, 257), FailureKind::kOperation));
  EXPECT_TRUE(FailsWith(Agree(params, **alice, 8), FailureKind::kInvalidAccess));
}

}  // namespace
}  // namespace verge::crypto
