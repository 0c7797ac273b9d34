#include "bindings/crypto/primitives/symmetric.h"

#include <openssl/rand.h>

#include <array>
#include <string>
#include <utility>

#include "bindings/crypto/primitives/text.h"

namespace verge::crypto {
namespace {

Usages AllowedUsages(AlgorithmId id) {
  switch (id) {
    case AlgorithmId::kAesKw:
      return kWrapKey | kUnwrapKey;
    case AlgorithmId::kHmac:
      return kSign | kVerify;
    case AlgorithmId::kHkdf:
    case AlgorithmId::kPbkdf2:
      return kDeriveKey | kDeriveBits;
    default:
      return kEncrypt | kDecrypt | kWrapKey | kUnwrapKey;
  }
}

// "A128GCM", "HS256".
std::string JwkAlgorithm(AlgorithmId id, uint32_t length, std::optional<Hash> hash) {
  if (id == AlgorithmId::kHmac) return "HS" + std::string(HashName(*hash).substr(4));
  return "A" + std::to_string(length) + std::string(AlgorithmName(id).substr(4));
}

Outcome<KeyRef> MakeKey(KeyAttributes attributes, SecretBytes secret) {
  if (attributes.id != AlgorithmId::kHmac) return std::make_shared<const Key>(std::move(attributes), std::move(secret));
  HmacKey mac(*attributes.hash, secret);
  if (!mac.ok()) return OperationError("The key could not be made.");
  return std::make_shared<const Key>(std::move(attributes), std::move(secret), std::move(mac));
}

bool IsAesLength(uint32_t bits) { return bits == 128 || bits == 192 || bits == 256; }

// Bits behind the key's length are zero.
void ClearUnusedBits(uint32_t bits, SecretBytes* secret) {
  if (bits % 8 != 0 && !secret->empty()) secret->back() &= static_cast<uint8_t>(0xff << (8 - bits % 8));
}

}  // namespace

Outcome<KeyRef> GenerateSecret(const Params& params, bool extractable, Usages usages) {
  ErrorScope errors;
  if (auto allowed = CheckUsages(usages, AllowedUsages(params.id)); !allowed) return std::unexpected(allowed.error());
  KeyAttributes attributes{.id = params.id, .hash = params.hash, .extractable = extractable, .usages = usages};
  if (IsAes(params.id)) {
    attributes.length = params.length.value_or(0);
    if (!IsAesLength(attributes.length)) {
      return OperationError("The length of an AES key must be 128, 192 or 256 bits.");
    }
  } else {
    attributes.length = params.length.value_or(static_cast<uint32_t>(BlockSize(*params.hash) * 8));
    if (attributes.length == 0 || attributes.length > kMaxSecretSize * 8) {
      return OperationError("An HMAC key cannot have a length of " + std::to_string(attributes.length) + " bits.");
    }
  }
  if (usages == 0) return SyntaxError("A secret key must have at least one usage.");
  SecretBytes secret((attributes.length + 7) / 8);
  if (RAND_priv_bytes(secret.data(), static_cast<int>(secret.size())) != 1) {
    return OperationError("The system has no random values to give.");
  }
  ClearUnusedBits(attributes.length, &secret);
  return MakeKey(std::move(attributes), std::move(secret));
}

Outcome<KeyRef> ImportSecret(Format format, KeyData data, const Params& params, bool extractable, Usages usages) {
  ErrorScope errors;
  const bool derives = params.id == AlgorithmId::kHkdf || params.id == AlgorithmId::kPbkdf2;
  if (format != Format::kRaw && (derives || format != Format::kJwk)) {
    return NotSupportedError("Keys for " + std::string(AlgorithmName(params.id)) +
                             " cannot be imported in this format.");
  }
  if (auto allowed = CheckUsages(usages, AllowedUsages(params.id)); !allowed) return std::unexpected(allowed.error());
  if (derives && extractable) {
    return SyntaxError("Keys for " + std::string(AlgorithmName(params.id)) + " cannot be extractable.");
  }
  SecretBytes secret;
  if (auto* jwk = std::get_if<Jwk>(&data)) {
    const char* use = params.id == AlgorithmId::kHmac ? "sig" : "enc";
    if (auto checked = CheckJwk(*jwk, "oct", use, extractable, usages); !checked) {
      return std::unexpected(checked.error());
    }
    std::optional<SecretBytes> bytes = jwk->k ? FromBase64Url(*jwk->k) : std::nullopt;
    if (!bytes) return DataError("The JSON Web Key's \"k\" is missing or invalid.");
    secret = *std::move(bytes);
    if (jwk->alg &&
        std::string_view(*jwk->alg) != JwkAlgorithm(params.id, static_cast<uint32_t>(secret.size() * 8), params.hash)) {
      return DataError("The JSON Web Key's \"alg\" does not fit the algorithm.");
    }
  } else {
    secret = std::get<SecretBytes>(std::move(data));
  }

  KeyAttributes attributes{.id = params.id, .hash = params.hash, .extractable = extractable, .usages = usages};
  if (secret.size() > kMaxSecretSize) return DataError("The key is too long.");
  auto bits = static_cast<uint32_t>(secret.size() * 8);
  if (IsAes(params.id)) {
    if (!IsAesLength(bits)) return DataError("The length of an AES key must be 128, 192 or 256 bits.");
    attributes.length = bits;
  } else if (params.id == AlgorithmId::kHmac) {
    if (bits == 0) return DataError("An HMAC key cannot be empty.");
    attributes.length = params.length.value_or(bits);
    if (attributes.length > bits || attributes.length + 8 <= bits) {
      return DataError("The HMAC key does not have the requested length.");
    }
    ClearUnusedBits(attributes.length, &secret);
  }
  if (usages == 0) return SyntaxError("A secret key must have at least one usage.");
  return MakeKey(std::move(attributes), std::move(secret));
}

Jwk SecretToJwk(const Key& key) {
  Jwk jwk;
  jwk.kty = "oct";
  jwk.k = JwkText(key.secret());
  jwk.alg = JwkAlgorithm(key.id(), key.attributes().length, key.attributes().hash);
  return jwk;
}

Outcome<SecretBytes> HmacSign(const Key& key, Bytes data) {
  ErrorScope errors;
  SecretBytes mac(key.mac().size());
  if (!key.mac().Compute(data, {}, mac.data())) return OperationError("Signing failed.");
  return mac;
}

Outcome<bool> HmacVerify(const Key& key, Bytes signature, Bytes data) {
  ErrorScope errors;
  std::array<uint8_t, kMaxDigestSize> mac;
  if (!key.mac().Compute(data, {}, mac.data())) return OperationError("Verification failed.");
  return signature.size() == key.mac().size() && ConstantTimeEqual(signature, Bytes(mac).first(signature.size()));
}

}  // namespace verge::crypto
