#include "bindings/crypto/primitives/operations.h"

#include <string>
#include <utility>
#include <vector>

#include "bindings/crypto/primitives/kdf.h"

namespace verge::crypto {
namespace {

// About half a millisecond of PBKDF2.
constexpr uint64_t kShortRounds = 1'000;

// OpenSSL takes a null pointer for "not given".
Bytes NotNull(Bytes data) {
  static constexpr uint8_t kNothing = 0;
  return data.empty() ? Bytes(&kNothing, 0) : data;
}

bool IsSlowCurve(std::optional<Curve> curve) { return curve == Curve::kP384 || curve == Curve::kP521; }

Outcome<ExportedKey> Exported(Outcome<SecretBytes> bytes) {
  if (!bytes) return std::unexpected(std::move(bytes).error());
  return ExportedKey(*std::move(bytes));
}

Outcome<Jwk> ToJwk(const Key& key) {
  if (IsRsa(key.id())) return RsaToJwk(key);
  if (IsEc(key.id())) return EcToJwk(key);
  if (IsOkp(key.id())) return OkpToJwk(key);
  return SecretToJwk(key);
}

}  // namespace

Outcome<> CheckKey(const Key& key, AlgorithmId id, Usage usage) {
  if (key.id() != id) {
    return InvalidAccessError("The key is for " + std::string(AlgorithmName(key.id())) + ", not for " +
                              std::string(AlgorithmName(id)) + ".");
  }
  if ((key.usages() & usage) == 0) {
    size_t bit = 0;
    while ((1U << bit) != usage) ++bit;
    return InvalidAccessError("Requested key usage \"" + std::string(UsageName(bit)) +
                              "\" does not match any usage listed in the CryptoKey.");
  }
  return {};
}

Outcome<SecretBytes> Encrypt(const Params& params, const Key& key, Bytes data) {
  data = NotNull(data);
  if (key.id() == AlgorithmId::kRsaOaep) return RsaEncrypt(params, key, data);
  if (key.id() == AlgorithmId::kAesKw) return AesWrap(key, data);
  return AesEncrypt(params, key, data);
}

Outcome<SecretBytes> Decrypt(const Params& params, const Key& key, Bytes data) {
  data = NotNull(data);
  if (key.id() == AlgorithmId::kRsaOaep) return RsaDecrypt(params, key, data);
  if (key.id() == AlgorithmId::kAesKw) return AesUnwrap(key, data);
  return AesDecrypt(params, key, data);
}

Outcome<SecretBytes> Sign(const Params& params, const Key& key, Bytes data) {
  data = NotNull(data);
  if (key.id() == AlgorithmId::kHmac) return HmacSign(key, data);
  if (key.type() != KeyType::kPrivate) return InvalidAccessError("Only a private key can sign.");
  if (IsRsa(key.id())) return RsaSign(params, key, data);
  if (IsEc(key.id())) return EcdsaSign(params, key, data);
  return EddsaSign(key, data);
}

Outcome<bool> Verify(const Params& params, const Key& key, Bytes signature, Bytes data) {
  data = NotNull(data);
  if (key.id() == AlgorithmId::kHmac) return HmacVerify(key, signature, data);
  if (key.type() != KeyType::kPublic) return InvalidAccessError("Only a public key can verify.");
  if (IsRsa(key.id())) return RsaVerify(params, key, NotNull(signature), data);
  if (IsEc(key.id())) return EcdsaVerify(params, key, signature, data);
  return EddsaVerify(key, signature, data);
}

Outcome<SecretBytes> DeriveBits(const Params& params, const Key& key, std::optional<uint32_t> length,
                                const DeriveLimits& limits, const Budget& budget) {
  if (params.id == AlgorithmId::kHkdf) return Hkdf(params, key, length);
  if (params.id == AlgorithmId::kPbkdf2) return Pbkdf2(params, key, length, limits.max_iterations, budget);
  return Agree(params, key, length);
}

Outcome<GeneratedKey> GenerateKey(const Params& params, bool extractable, Usages usages, const Budget& budget) {
  if (IsRsa(params.id)) return GenerateRsa(params, extractable, usages, budget);
  if (IsEc(params.id)) return GenerateEc(params, extractable, usages);
  if (IsOkp(params.id)) return GenerateOkp(params, extractable, usages);
  Outcome<KeyRef> key = GenerateSecret(params, extractable, usages);
  if (!key) return std::unexpected(std::move(key).error());
  return GeneratedKey(*std::move(key));
}

Outcome<std::optional<uint32_t>> DerivedKeyLength(const Params& params) {
  if (IsAes(params.id)) {
    if (params.length != 128 && params.length != 192 && params.length != 256) {
      return OperationError("The length of an AES key must be 128, 192 or 256 bits.");
    }
    return params.length;
  }
  if (params.id == AlgorithmId::kHmac) {
    if (params.length == 0) return WrongType("An HMAC key cannot have a length of 0 bits.");
    return params.length.value_or(static_cast<uint32_t>(BlockSize(*params.hash) * 8));
  }
  return std::nullopt;
}

Outcome<KeyRef> ImportKey(Format format, KeyData data, const Params& params, bool extractable, Usages usages) {
  if (IsRsa(params.id)) return ImportRsa(format, data, params, extractable, usages);
  if (IsEc(params.id)) return ImportEc(format, data, params, extractable, usages);
  if (IsOkp(params.id)) return ImportOkp(format, data, params, extractable, usages);
  return ImportSecret(format, std::move(data), params, extractable, usages);
}

Outcome<ExportedKey> ExportKey(Format format, const Key& key) {
  if (key.id() == AlgorithmId::kHkdf || key.id() == AlgorithmId::kPbkdf2) {
    return NotSupportedError("Keys for " + std::string(AlgorithmName(key.id())) + " cannot be exported.");
  }
  if (!key.attributes().extractable) return InvalidAccessError("The key is not extractable.");
  const bool is_pair = IsRsa(key.id()) || IsEc(key.id()) || IsOkp(key.id());
  switch (format) {
    case Format::kRaw:
      if (!is_pair) return ExportedKey(CopyOf(key.secret()));
      if (IsRsa(key.id())) return NotSupportedError("RSA keys cannot be exported as \"raw\".");
      if (key.type() != KeyType::kPublic) return InvalidAccessError("Only public keys can be exported as \"raw\".");
      return Exported(IsEc(key.id()) ? EcToRaw(key) : OkpToRaw(key));
    case Format::kSpki:
    case Format::kPkcs8:
      if (!is_pair) return NotSupportedError("Secret keys can only be exported as \"raw\" and \"jwk\".");
      return Exported(format == Format::kSpki ? ToSpki(key) : ToPkcs8(key));
    case Format::kJwk:
      break;
  }
  Outcome<Jwk> jwk = ToJwk(key);
  if (!jwk) return std::unexpected(std::move(jwk).error());
  jwk->ext = true;
  jwk->key_ops.emplace();
  for (size_t bit = 0; bit < kUsageCount; ++bit) {
    if ((key.usages() & (1U << bit)) != 0) jwk->key_ops->emplace_back(UsageName(bit));
  }
  return ExportedKey(*std::move(jwk));
}

Outcome<SecretBytes> WrapKey(Format format, const Key& key, const Key& wrapping_key, const Params& params) {
  Outcome<ExportedKey> exported = ExportKey(format, key);
  if (!exported) return std::unexpected(std::move(exported).error());
  if (const Jwk* jwk = std::get_if<Jwk>(&*exported)) return Encrypt(params, wrapping_key, JwkToJson(*jwk));
  return Encrypt(params, wrapping_key, std::get<SecretBytes>(*exported));
}

Outcome<KeyRef> UnwrapKey(Format format, Bytes wrapped, const Key& unwrapping_key, const Params& unwrap_params,
                          const Params& key_params, bool extractable, Usages usages) {
  Outcome<SecretBytes> bytes = Decrypt(unwrap_params, unwrapping_key, wrapped);
  if (!bytes) return std::unexpected(std::move(bytes).error());
  if (format != Format::kJwk) return ImportKey(format, *std::move(bytes), key_params, extractable, usages);
  Outcome<Jwk> jwk = JwkFromJson(AsText(*bytes));
  if (!jwk) return std::unexpected(std::move(jwk).error());
  return ImportKey(format, *std::move(jwk), key_params, extractable, usages);
}

bool IsLongWithKey(const Key& key, Usage usage) {
  if (IsRsa(key.id())) {
    return (usage & (kSign | kDecrypt | kUnwrapKey)) != 0 || key.attributes().modulus_length > 4096;
  }
  return IsSlowCurve(key.attributes().curve);
}

bool IsLongToDerive(const Params& params, const Key& key, std::optional<uint32_t> length) {
  if (params.id == AlgorithmId::kPbkdf2) return Pbkdf2Rounds(params, length) > kShortRounds;
  return IsSlowCurve(key.attributes().curve);
}

bool IsLongToGenerate(const Params& params) {
  return IsRsa(params.id) || (IsEc(params.id) && IsSlowCurve(FindCurve(params.named_curve)));
}

}  // namespace verge::crypto
