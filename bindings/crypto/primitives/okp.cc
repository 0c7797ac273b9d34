// Ed25519 and Ed448 (RFC 8032), X25519 and X448 (RFC 7748), keys as in RFC 8037 and RFC 8410.

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "bindings/crypto/primitives/asymmetric.h"
#include "bindings/crypto/primitives/text.h"

namespace verge::crypto {
namespace {

struct OkpInfo {
  int type;
  const char* name;  // OpenSSL's, and "crv" of JSON Web Keys
  size_t key_size;
  size_t signature_size;
};

const OkpInfo& Info(AlgorithmId id) {
  static constexpr OkpInfo kEd25519 = {EVP_PKEY_ED25519, "Ed25519", 32, 64};
  static constexpr OkpInfo kEd448 = {EVP_PKEY_ED448, "Ed448", 57, 114};
  static constexpr OkpInfo kX25519 = {EVP_PKEY_X25519, "X25519", 32, 0};
  static constexpr OkpInfo kX448 = {EVP_PKEY_X448, "X448", 56, 0};
  switch (id) {
    case AlgorithmId::kEd448:
      return kEd448;
    case AlgorithmId::kX25519:
      return kX25519;
    case AlgorithmId::kX448:
      return kX448;
    default:
      return kEd25519;
  }
}

bool Signs(AlgorithmId id) { return id != AlgorithmId::kX25519 && id != AlgorithmId::kX448; }
Usages PublicUsages(AlgorithmId id) { return Signs(id) ? kVerify : 0; }
Usages PrivateUsages(AlgorithmId id) { return Signs(id) ? kSign : kDeriveKey | kDeriveBits; }

std::unexpected<Failure> InvalidKey(AlgorithmId id) {
  return DataError("This is not a valid " + std::string(Info(id).name) + " key.");
}

PkeyPtr FromRaw(AlgorithmId id, Bytes bytes, bool is_private) {
  const OkpInfo& info = Info(id);
  if (bytes.size() != info.key_size) return nullptr;
  return PkeyPtr(is_private ? EVP_PKEY_new_raw_private_key_ex(nullptr, info.name, nullptr, bytes.data(), bytes.size())
                            : EVP_PKEY_new_raw_public_key_ex(nullptr, info.name, nullptr, bytes.data(), bytes.size()));
}

Outcome<SecretBytes> ToRaw(const EVP_PKEY* pkey, AlgorithmId id, bool is_private) {
  SecretBytes bytes(Info(id).key_size);
  size_t size = bytes.size();
  int ok = is_private ? EVP_PKEY_get_raw_private_key(pkey, bytes.data(), &size)
                      : EVP_PKEY_get_raw_public_key(pkey, bytes.data(), &size);
  if (ok != 1 || size != bytes.size()) return OperationError("The key could not be exported.");
  return bytes;
}

Outcome<PkeyPtr> FromJwk(const Jwk& jwk, AlgorithmId id) {
  const OkpInfo& info = Info(id);
  if (!jwk.crv || std::string_view(*jwk.crv) != info.name) {
    return DataError("The JSON Web Key's \"crv\" does not fit the algorithm.");
  }
  Outcome<SecretBytes> x = JwkBytes(jwk.x, "x", info.key_size);
  if (!x) return std::unexpected(x.error());
  if (!jwk.d) {
    PkeyPtr pkey = FromRaw(id, *x, false);
    if (!pkey) return InvalidKey(id);
    return pkey;
  }
  Outcome<SecretBytes> d = JwkBytes(jwk.d, "d", info.key_size);
  if (!d) return std::unexpected(d.error());
  PkeyPtr pkey = FromRaw(id, *d, true);
  if (!pkey) return InvalidKey(id);
  Outcome<SecretBytes> belongs = ToRaw(pkey.get(), id, false);
  if (!belongs || *belongs != *x) return DataError("The JSON Web Key's \"x\" does not belong to its \"d\".");
  return pkey;
}

// Points whose order divides the cofactor, in all encodings that decode, without the sign. With one of them as key or
// as R, a signature says nothing: https://w3c.github.io/webcrypto/#ed25519-operations, "Verify".
bool IsSmallOrder(Bytes point) {
  static constexpr std::array<std::array<uint8_t, 32>, 7> kPoints = {{
      {0x00},
      {0x01},
      {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
       0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
      {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
       0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
      {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
       0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
      {0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
       0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
      {0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
       0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
  }};
  return std::ranges::any_of(kPoints, [point](const auto& known) {
    return std::equal(known.begin(), known.end() - 1, point.begin()) && (point[31] & 0x7f) == known[31];
  });
}

}  // namespace

Outcome<GeneratedKey> GenerateOkp(const Params& params, bool extractable, Usages usages) {
  ErrorScope errors;
  const Usages of_public = PublicUsages(params.id);
  const Usages of_private = PrivateUsages(params.id);
  if (auto allowed = CheckUsages(usages, of_public | of_private); !allowed) return std::unexpected(allowed.error());
  if ((usages & of_private) == 0) return SyntaxError("The private key must have at least one usage.");
  PkeyPtr pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, Info(params.id).name));
  if (!pkey) return OperationError("The key could not be generated.");
  return MakePair({.id = params.id}, std::move(pkey), extractable, usages, of_public, of_private);
}

Outcome<KeyRef> ImportOkp(Format format, const KeyData& data, const Params& params, bool extractable, Usages usages) {
  ErrorScope errors;
  const Jwk* jwk = std::get_if<Jwk>(&data);
  const bool is_private = jwk ? jwk->d.has_value() : format == Format::kPkcs8;
  if (auto allowed = CheckUsages(usages, is_private ? PrivateUsages(params.id) : PublicUsages(params.id)); !allowed) {
    return std::unexpected(allowed.error());
  }
  PkeyPtr pkey;
  if (jwk) {
    if (auto checked = CheckJwk(*jwk, "OKP", Signs(params.id) ? "sig" : "enc", extractable, usages); !checked) {
      return std::unexpected(checked.error());
    }
    // "alg" may be anything: its names for these keys have changed over time.
    Outcome<PkeyPtr> made = FromJwk(*jwk, params.id);
    if (!made) return std::unexpected(made.error());
    pkey = *std::move(made);
  } else {
    const SecretBytes& bytes = std::get<SecretBytes>(data);
    if (format == Format::kRaw) {
      pkey = FromRaw(params.id, bytes, false);
    } else {
      pkey = is_private ? PrivateKeyFromDer(bytes) : PublicKeyFromDer(bytes);
    }
    if (!pkey || EVP_PKEY_get_base_id(pkey.get()) != Info(params.id).type) return InvalidKey(params.id);
  }
  if (is_private && usages == 0) return SyntaxError("A private key must have at least one usage.");
  KeyAttributes attributes{.id = params.id, .extractable = extractable, .usages = usages};
  attributes.type = is_private ? KeyType::kPrivate : KeyType::kPublic;
  return std::make_shared<const Key>(std::move(attributes), std::move(pkey));
}

Outcome<Jwk> OkpToJwk(const Key& key) {
  ErrorScope errors;
  Jwk jwk;
  jwk.kty = "OKP";
  jwk.crv = JwkText(std::string_view(Info(key.id()).name));
  Outcome<SecretBytes> x = ToRaw(key.pkey(), key.id(), false);
  if (!x) return std::unexpected(x.error());
  jwk.x = JwkText(*x);
  if (key.type() == KeyType::kPrivate) {
    Outcome<SecretBytes> d = ToRaw(key.pkey(), key.id(), true);
    if (!d) return std::unexpected(d.error());
    jwk.d = JwkText(*d);
  }
  return jwk;
}

Outcome<SecretBytes> OkpToRaw(const Key& key) {
  ErrorScope errors;
  return ToRaw(key.pkey(), key.id(), false);
}

Outcome<SecretBytes> EddsaSign(const Key& key, Bytes data) {
  ErrorScope errors;
  MdCtxPtr context(EVP_MD_CTX_new());
  SecretBytes signature(Info(key.id()).signature_size);
  size_t size = signature.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.pkey()) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, data.data(), data.size()) != 1 ||
      size != signature.size()) {
    return OperationError("Signing failed.");
  }
  return signature;
}

Outcome<bool> EddsaVerify(const Key& key, Bytes signature, Bytes data) {
  ErrorScope errors;
  if (signature.size() != Info(key.id()).signature_size) return false;
  if (key.id() != AlgorithmId::kEd448) {
    Outcome<SecretBytes> point = ToRaw(key.pkey(), key.id(), false);
    if (!point) return std::unexpected(point.error());
    if (IsSmallOrder(*point) || IsSmallOrder(signature)) return false;
  }
  MdCtxPtr context(EVP_MD_CTX_new());
  if (!context || EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.pkey()) != 1) {
    return OperationError("Verification failed.");
  }
  return EVP_DigestVerify(context.get(), signature.data(), signature.size(), data.data(), data.size()) == 1;
}

}  // namespace verge::crypto
