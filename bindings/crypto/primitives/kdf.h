// Key derivation from a secret: HKDF (RFC 5869) and PBKDF2 (RFC 8018).
#ifndef BINDINGS_CRYPTO_PRIMITIVES_KDF_H_
#define BINDINGS_CRYPTO_PRIMITIVES_KDF_H_

#include <cstdint>
#include <optional>

#include "bindings/crypto/primitives/budget.h"
#include "bindings/crypto/primitives/key.h"

namespace verge::crypto {

// Output of PBKDF2 beyond this is refused. In bytes.
inline constexpr uint32_t kMaxPbkdf2Output = 1 << 20;

// `length` is in bits.
Outcome<SecretBytes> Hkdf(const Params& params, const Key& key, std::optional<uint32_t> length);

// Long: it looks at `budget` while it works.
Outcome<SecretBytes> Pbkdf2(const Params& params, const Key& key, std::optional<uint32_t> length,
                            uint32_t max_iterations, const Budget& budget);

// How often Pbkdf2 will run its hash function's HMAC.
uint64_t Pbkdf2Rounds(const Params& params, std::optional<uint32_t> length);

}  // namespace verge::crypto

#endif  // BINDINGS_CRYPTO_PRIMITIVES_KDF_H_
