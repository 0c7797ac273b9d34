// Keys that come in pairs: RSA, elliptic curves in Weierstrass form (EC), and those of RFC 7748 and 8032 (OKP).
#ifndef BINDINGS_CRYPTO_PRIMITIVES_ASYMMETRIC_H_
#define BINDINGS_CRYPTO_PRIMITIVES_ASYMMETRIC_H_

#include <cstddef>
#include <optional>

#include "bindings/crypto/primitives/budget.h"
#include "bindings/crypto/primitives/jwk.h"
#include "bindings/crypto/primitives/key.h"
#include "bindings/crypto/primitives/symmetric.h"

namespace verge::crypto {

// In bits. Below 256 nothing can be signed, above 8192 a single operation takes too long for a server of many.
inline constexpr uint32_t kMinRsaModulus = 256;
inline constexpr uint32_t kMaxRsaModulus = 8192;

// --- RSA
Outcome<GeneratedKey> GenerateRsa(const Params& params, bool extractable, Usages usages, const Budget& budget);
Outcome<KeyRef> ImportRsa(Format format, const KeyData& data, const Params& params, bool extractable, Usages usages);
Outcome<Jwk> RsaToJwk(const Key& key);
Outcome<SecretBytes> RsaSign(const Params& params, const Key& key, Bytes data);
Outcome<bool> RsaVerify(const Params& params, const Key& key, Bytes signature, Bytes data);
Outcome<SecretBytes> RsaEncrypt(const Params& params, const Key& key, Bytes data);
Outcome<SecretBytes> RsaDecrypt(const Params& params, const Key& key, Bytes data);

// --- EC
Outcome<GeneratedKey> GenerateEc(const Params& params, bool extractable, Usages usages);
Outcome<KeyRef> ImportEc(Format format, const KeyData& data, const Params& params, bool extractable, Usages usages);
Outcome<Jwk> EcToJwk(const Key& key);
Outcome<SecretBytes> EcToRaw(const Key& key);
// Signatures are r and s, one after the other (IEEE P1363).
Outcome<SecretBytes> EcdsaSign(const Params& params, const Key& key, Bytes data);
Outcome<bool> EcdsaVerify(const Params& params, const Key& key, Bytes signature, Bytes data);

// --- OKP
Outcome<GeneratedKey> GenerateOkp(const Params& params, bool extractable, Usages usages);
Outcome<KeyRef> ImportOkp(Format format, const KeyData& data, const Params& params, bool extractable, Usages usages);
Outcome<Jwk> OkpToJwk(const Key& key);
Outcome<SecretBytes> OkpToRaw(const Key& key);
Outcome<SecretBytes> EddsaSign(const Key& key, Bytes data);
Outcome<bool> EddsaVerify(const Key& key, Bytes signature, Bytes data);

// --- ECDH, X25519, X448. `length` is in bits; nothing: all of the secret.
Outcome<SecretBytes> Agree(const Params& params, const Key& key, std::optional<uint32_t> length);

// --- DER (RFC 5280, RFC 5958), of all of these.
PkeyPtr PublicKeyFromDer(Bytes der);
PkeyPtr PrivateKeyFromDer(Bytes der);
Outcome<SecretBytes> ToSpki(const Key& key);
Outcome<SecretBytes> ToPkcs8(const Key& key);

// The two halves of `pkey`, which has both.
Outcome<GeneratedKey> MakePair(KeyAttributes attributes, PkeyPtr pkey, bool extractable, Usages usages,
                               Usages of_public, Usages of_private);

}  // namespace verge::crypto

#endif  // BINDINGS_CRYPTO_PRIMITIVES_ASYMMETRIC_H_
