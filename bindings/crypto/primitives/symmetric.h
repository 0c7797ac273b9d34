// Secret keys: AES-CTR, -CBC, -GCM and -KW, HMAC, and the input of key derivations.
#ifndef BINDINGS_CRYPTO_PRIMITIVES_SYMMETRIC_H_
#define BINDINGS_CRYPTO_PRIMITIVES_SYMMETRIC_H_

#include <cstddef>
#include <variant>

#include "bindings/crypto/primitives/jwk.h"
#include "bindings/crypto/primitives/key.h"

namespace verge::crypto {

using KeyData = std::variant<SecretBytes, Jwk>;

// HMAC keys of more than this are refused. In bytes.
inline constexpr size_t kMaxSecretSize = 1 << 20;

Outcome<KeyRef> GenerateSecret(const Params& params, bool extractable, Usages usages);
Outcome<KeyRef> ImportSecret(Format format, KeyData data, const Params& params, bool extractable, Usages usages);
// AES and HMAC keys.
Jwk SecretToJwk(const Key& key);

Outcome<SecretBytes> HmacSign(const Key& key, Bytes data);
Outcome<bool> HmacVerify(const Key& key, Bytes signature, Bytes data);

// AES-CTR, -CBC, -GCM.
Outcome<SecretBytes> AesEncrypt(const Params& params, const Key& key, Bytes data);
Outcome<SecretBytes> AesDecrypt(const Params& params, const Key& key, Bytes data);
// AES-KW (RFC 3394).
Outcome<SecretBytes> AesWrap(const Key& key, Bytes data);
Outcome<SecretBytes> AesUnwrap(const Key& key, Bytes data);

}  // namespace verge::crypto

#endif  // BINDINGS_CRYPTO_PRIMITIVES_SYMMETRIC_H_
