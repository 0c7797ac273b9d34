#include "bindings/crypto/subtle_crypto.h"

#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "bindings/core/function.h"
#include "bindings/core/invocation_scope.h"
#include "bindings/crypto/arguments.h"
#include "bindings/crypto/crypto_key.h"
#include "bindings/crypto/normalize.h"
#include "bindings/crypto/operation.h"
#include "bindings/crypto/primitives/digest.h"
#include "bindings/crypto/primitives/operations.h"

namespace verge::bindings {
namespace {

using crypto::KeyRef;
using crypto::Params;
using PromiseResult = Result<v8::Local<v8::Value>>;

template <typename T>
std::unexpected<Error> Forward(Result<T>& failed) {
  return std::unexpected(std::move(failed).error());
}

// `operation(params, key, bytes)` on the bytes that `data` has now: where they are when it is short work, else on a
// copy.
template <typename Operation>
PromiseResult PerformOnBytes(Cx& cx, bool is_long, BufferSource data, Params params, KeyRef key, Operation operation) {
  BufferBytes bytes(data);
  if (!is_long && bytes.size() <= kShortBytes) return Settled(cx, Widen(operation(params, *key, bytes.get())));
  return Perform(
      cx, {.is_long = true, .bytes = bytes.size()},
      [params = std::move(params), key = std::move(key), copy = bytes.Copy(),
       operation = std::move(operation)](const crypto::Budget&) { return Widen(operation(params, *key, copy)); });
}

// encrypt, decrypt and sign: one key, one buffer.
template <auto kOperation, CryptoOperation kNormalizedAs, crypto::Usage kUsage>
PromiseResult WithKey(Cx& cx, AlgorithmIdentifier algorithm, CryptoKey* crypto_key, BufferSource data) {
  KeyRef key = crypto_key->key();
  Result<Params> params = Normalize(cx, kNormalizedAs, algorithm);
  if (!params) return Forward(params);
  // From here on no user code runs before the bytes are read.
  if (auto checked = CheckKey(*key, params->id, kUsage); !checked) return std::unexpected(ToError(checked.error()));
  bool is_long = crypto::IsLongWithKey(*key, kUsage);
  return PerformOnBytes(cx, is_long, data, *std::move(params), std::move(key), kOperation);
}

// https://w3c.github.io/webcrypto/#SubtleCrypto-method-verify
PromiseResult Verify(Cx& cx, AlgorithmIdentifier algorithm, CryptoKey* crypto_key, BufferSource signature,
                     BufferSource data) {
  KeyRef key = crypto_key->key();
  Result<Params> params = Normalize(cx, CryptoOperation::kVerify, algorithm);
  if (!params) return Forward(params);
  if (auto checked = CheckKey(*key, params->id, crypto::kVerify); !checked) {
    return std::unexpected(ToError(checked.error()));
  }
  bool is_long = crypto::IsLongWithKey(*key, crypto::kVerify);
  return PerformOnBytes(
      cx, is_long, data, *std::move(params), std::move(key),
      [signature = BufferBytes(signature).Copy()](const Params& params, const crypto::Key& key, crypto::Bytes bytes) {
        return crypto::Verify(params, key, signature, bytes);
      });
}

// https://w3c.github.io/webcrypto/#SubtleCrypto-method-digest
PromiseResult Digest(Cx& cx, AlgorithmIdentifier algorithm, BufferSource data) {
  Result<crypto::Hash> hash = NormalizeDigest(cx, algorithm);
  if (!hash) return Forward(hash);
  // From here on no user code runs before the bytes are read.
  BufferBytes bytes(data);
  if (bytes.size() <= kShortBytes) [[likely]] {
    std::optional<crypto::DigestValue> value = crypto::Digest(*hash, bytes.get());
    if (!value) return DomError("OperationError", cx.Where() + ": The digest failed.");
    v8::Local<v8::ArrayBuffer> buffer;
    if (!NewArrayBuffer(cx.isolate, value->bytes()).ToLocal(&buffer)) return Pending();
    return Fulfilled(cx, buffer);
  }
  auto work = [hash = *hash, copy = bytes.Copy()](const crypto::Budget&) -> crypto::Outcome<OperationValue> {
    std::optional<crypto::DigestValue> value = crypto::Digest(hash, copy);
    if (!value) return crypto::OperationError("The digest failed.");
    return crypto::CopyOf(value->bytes());
  };
  return Perform(cx, {.is_long = true, .bytes = bytes.size()}, std::move(work));
}

// https://w3c.github.io/webcrypto/#SubtleCrypto-method-generateKey
PromiseResult GenerateKey(Cx& cx, AlgorithmIdentifier algorithm, bool extractable, KeyUsages usages) {
  Result<Params> params = Normalize(cx, CryptoOperation::kGenerateKey, algorithm);
  if (!params) return Forward(params);
  // As random values are.
  if (auto invocation = RequireInvocation(cx); !invocation) return Forward(invocation);
  bool is_long = crypto::IsLongToGenerate(*params);
  return Perform(cx, {.is_long = is_long},
                 [params = *std::move(params), extractable, usages = usages.value](const crypto::Budget& budget) {
                   return Widen(crypto::GenerateKey(params, extractable, usages, budget));
                 });
}

crypto::DeriveLimits LimitsOf(Cx& cx) {
  crypto::DeriveLimits limits;
  if (runtime::WorkerIsolate* worker = cx.realm().worker()) limits.max_iterations = worker->limits().pbkdf2_iterations;
  return limits;
}

// https://w3c.github.io/webcrypto/#SubtleCrypto-method-deriveBits
PromiseResult DeriveBits(Cx& cx, AlgorithmIdentifier algorithm, CryptoKey* base_key,
                         std::optional<Nullable<uint32_t>> length_argument) {
  KeyRef key = base_key->key();
  std::optional<uint32_t> length = length_argument ? length_argument->value : std::nullopt;
  Result<Params> params = Normalize(cx, CryptoOperation::kDeriveBits, algorithm);
  if (!params) return Forward(params);
  if (auto checked = CheckKey(*key, params->id, crypto::kDeriveBits); !checked) {
    return std::unexpected(ToError(checked.error()));
  }
  bool is_long = crypto::IsLongToDerive(*params, *key, length);
  return Perform(
      cx, {.is_long = is_long},
      [params = *std::move(params), key = std::move(key), length, limits = LimitsOf(cx)](const crypto::Budget& budget) {
        return Widen(crypto::DeriveBits(params, *key, length, limits, budget));
      });
}

// https://w3c.github.io/webcrypto/#SubtleCrypto-method-deriveKey
PromiseResult DeriveKey(Cx& cx, AlgorithmIdentifier algorithm, CryptoKey* base_key, AlgorithmIdentifier derived_type,
                        bool extractable, KeyUsages usages) {
  KeyRef key = base_key->key();
  Result<Params> params = Normalize(cx, CryptoOperation::kDeriveBits, algorithm);
  if (!params) return Forward(params);
  Result<Params> import_params = Normalize(cx, CryptoOperation::kImportKey, derived_type);
  if (!import_params) return Forward(import_params);
  Result<Params> length_params = Normalize(cx, CryptoOperation::kGetKeyLength, derived_type);
  if (!length_params) return Forward(length_params);
  if (auto checked = CheckKey(*key, params->id, crypto::kDeriveKey); !checked) {
    return std::unexpected(ToError(checked.error()));
  }
  crypto::Outcome<std::optional<uint32_t>> length = crypto::DerivedKeyLength(*length_params);
  if (!length) return std::unexpected(ToError(std::move(length).error()));
  bool is_long = crypto::IsLongToDerive(*params, *key, *length);
  return Perform(
      cx, {.is_long = is_long},
      [params = *std::move(params), import_params = *std::move(import_params), key = std::move(key), length = *length,
       limits = LimitsOf(cx), extractable,
       usages = usages.value](const crypto::Budget& budget) -> crypto::Outcome<OperationValue> {
        auto secret = crypto::DeriveBits(params, *key, length, limits, budget);
        if (!secret) return std::unexpected(std::move(secret).error());
        return Widen(crypto::ImportKey(crypto::Format::kRaw, *std::move(secret), import_params, extractable, usages));
      });
}

// https://w3c.github.io/webcrypto/#SubtleCrypto-method-importKey
PromiseResult ImportKey(Cx& cx, crypto::Format format, KeyDataArgument data, AlgorithmIdentifier algorithm,
                        bool extractable, KeyUsages usages) {
  Result<Params> params = Normalize(cx, CryptoOperation::kImportKey, algorithm);
  if (!params) return Forward(params);
  crypto::KeyData material;
  if (auto* jwk = std::get_if<crypto::Jwk>(&data.value)) {
    if (format != crypto::Format::kJwk)
      return std::unexpected(cx.MakeTypeError("The key data must be a BufferSource."));
    material = std::move(*jwk);
  } else {
    if (format == crypto::Format::kJwk) return std::unexpected(cx.MakeTypeError("The key data must be a JsonWebKey."));
    BufferBytes bytes(std::get<BufferSource>(data.value));
    if (bytes.size() > crypto::kMaxSecretSize) return DomError("DataError", cx.Where() + ": The key is too long.");
    material = bytes.Copy();
  }
  return Settled(cx, Widen(crypto::ImportKey(format, std::move(material), *params, extractable, usages.value)));
}

// https://w3c.github.io/webcrypto/#SubtleCrypto-method-exportKey
PromiseResult ExportKey(Cx& cx, crypto::Format format, CryptoKey* key) {
  return Settled(cx, Widen(crypto::ExportKey(format, *key->key())));
}

// https://w3c.github.io/webcrypto/#SubtleCrypto-method-wrapKey
PromiseResult WrapKey(Cx& cx, crypto::Format format, CryptoKey* crypto_key, CryptoKey* wrapping_crypto_key,
                      AlgorithmIdentifier algorithm) {
  KeyRef key = crypto_key->key();
  KeyRef wrapping_key = wrapping_crypto_key->key();
  Result<Params> params = Normalize(cx, CryptoOperation::kWrapKey, algorithm);
  if (!params) return Forward(params);
  if (auto checked = CheckKey(*wrapping_key, params->id, crypto::kWrapKey); !checked) {
    return std::unexpected(ToError(checked.error()));
  }
  return Settled(cx, Widen(crypto::WrapKey(format, *key, *wrapping_key, *params)));
}

// https://w3c.github.io/webcrypto/#SubtleCrypto-method-unwrapKey
PromiseResult UnwrapKey(Cx& cx, crypto::Format format, BufferSource wrapped, CryptoKey* unwrapping_crypto_key,
                        AlgorithmIdentifier algorithm, AlgorithmIdentifier key_algorithm, bool extractable,
                        KeyUsages usages) {
  KeyRef unwrapping_key = unwrapping_crypto_key->key();
  Result<Params> params = Normalize(cx, CryptoOperation::kUnwrapKey, algorithm);
  if (!params) return Forward(params);
  Result<Params> key_params = Normalize(cx, CryptoOperation::kImportKey, key_algorithm);
  if (!key_params) return Forward(key_params);
  if (auto checked = CheckKey(*unwrapping_key, params->id, crypto::kUnwrapKey); !checked) {
    return std::unexpected(ToError(checked.error()));
  }
  bool is_long = crypto::IsLongWithKey(*unwrapping_key, crypto::kUnwrapKey);
  return PerformOnBytes(cx, is_long, wrapped, *std::move(params), std::move(unwrapping_key),
                        [format, key_params = *std::move(key_params), extractable, usages = usages.value](
                            const Params& params, const crypto::Key& key, crypto::Bytes bytes) {
                          return crypto::UnwrapKey(format, bytes, key, params, key_params, extractable, usages);
                        });
}

// https://developers.cloudflare.com/workers/runtime-apis/web-crypto/#timingsafeequal
Result<bool> TimingSafeEqual(Cx& cx, BufferSource a, BufferSource b) {
  BufferBytes first(a);
  BufferBytes second(b);
  if (first.size() != second.size()) return TypeError("Input buffers must have the same byte length.");
  return crypto::ConstantTimeEqual(first.get(), second.get());
}

using T = Table<SubtleCrypto>;
constexpr Member kMembers[] = {
    T::AsyncMethod<"encrypt", &WithKey<&crypto::Encrypt, CryptoOperation::kEncrypt, crypto::kEncrypt>>(),
    T::AsyncMethod<"decrypt", &WithKey<&crypto::Decrypt, CryptoOperation::kDecrypt, crypto::kDecrypt>>(),
    T::AsyncMethod<"sign", &WithKey<&crypto::Sign, CryptoOperation::kSign, crypto::kSign>>(),
    T::AsyncMethod<"verify", &Verify>(),
    T::AsyncMethod<"digest", &Digest>(),
    T::AsyncMethod<"generateKey", &GenerateKey>(),
    T::AsyncMethod<"deriveKey", &DeriveKey>(),
    T::AsyncMethod<"deriveBits", &DeriveBits>(),
    T::AsyncMethod<"importKey", &ImportKey>(),
    T::AsyncMethod<"exportKey", &ExportKey>(),
    T::AsyncMethod<"wrapKey", &WrapKey>(),
    T::AsyncMethod<"unwrapKey", &UnwrapKey>(),
    T::Method<"timingSafeEqual", &TimingSafeEqual>(),
};

}  // namespace

constinit const ClassSpec SubtleCrypto::kSpec = {.name = "SubtleCrypto", .members = kMembers, .slots_only = true};

}  // namespace verge::bindings
