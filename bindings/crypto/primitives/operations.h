// The operations of the Web Cryptography API (https://w3c.github.io/webcrypto/#subtlecrypto-interface) on bytes and
// keys: whether a key may be used for one, and which algorithm does it.
//
// All of them may run on any thread.
#ifndef BINDINGS_CRYPTO_PRIMITIVES_OPERATIONS_H_
#define BINDINGS_CRYPTO_PRIMITIVES_OPERATIONS_H_

#include <cstdint>
#include <optional>
#include <variant>

#include "bindings/crypto/primitives/algorithm.h"
#include "bindings/crypto/primitives/asymmetric.h"
#include "bindings/crypto/primitives/budget.h"
#include "bindings/crypto/primitives/jwk.h"
#include "bindings/crypto/primitives/key.h"
#include "bindings/crypto/primitives/symmetric.h"

namespace verge::crypto {

// Of what is bounded by the user of the program, not by the standard.
struct DeriveLimits {
  uint32_t max_iterations = 100'000;
};

// An InvalidAccessError when the key is of another algorithm or not for this.
Outcome<> CheckKey(const Key& key, AlgorithmId id, Usage usage);

// The key must have passed CheckKey.
Outcome<SecretBytes> Encrypt(const Params& params, const Key& key, Bytes data);  // or wraps
Outcome<SecretBytes> Decrypt(const Params& params, const Key& key, Bytes data);  // or unwraps
Outcome<SecretBytes> Sign(const Params& params, const Key& key, Bytes data);
Outcome<bool> Verify(const Params& params, const Key& key, Bytes signature, Bytes data);
Outcome<SecretBytes> DeriveBits(const Params& params, const Key& key, std::optional<uint32_t> length,
                                const DeriveLimits& limits, const Budget& budget);

Outcome<GeneratedKey> GenerateKey(const Params& params, bool extractable, Usages usages, const Budget& budget);

// How many bits a derived key of this kind needs; nothing: whatever there is.
Outcome<std::optional<uint32_t>> DerivedKeyLength(const Params& params);

Outcome<KeyRef> ImportKey(Format format, KeyData data, const Params& params, bool extractable, Usages usages);

using ExportedKey = std::variant<SecretBytes, Jwk>;
Outcome<ExportedKey> ExportKey(Format format, const Key& key);

Outcome<SecretBytes> WrapKey(Format format, const Key& key, const Key& wrapping_key, const Params& params);
Outcome<KeyRef> UnwrapKey(Format format, Bytes wrapped, const Key& unwrapping_key, const Params& unwrap_params,
                          const Params& key_params, bool extractable, Usages usages);

// --- Whether an operation takes about a millisecond or more, not counting the length of its data.
bool IsLongWithKey(const Key& key, Usage usage);
bool IsLongToDerive(const Params& params, const Key& key, std::optional<uint32_t> length);
bool IsLongToGenerate(const Params& params);

}  // namespace verge::crypto

#endif  // BINDINGS_CRYPTO_PRIMITIVES_OPERATIONS_H_
