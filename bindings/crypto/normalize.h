// Algorithm normalization (https://w3c.github.io/webcrypto/#algorithm-normalization).
#ifndef BINDINGS_CRYPTO_NORMALIZE_H_
#define BINDINGS_CRYPTO_NORMALIZE_H_

#include <cstdint>

#include "bindings/core/convert.h"
#include "bindings/core/error.h"
#include "bindings/crypto/arguments.h"
#include "bindings/crypto/primitives/algorithm.h"

namespace verge::bindings {

// The supported operations, "encrypt" first also those that wrap with what encrypts.
enum class CryptoOperation : uint8_t {
  kEncrypt,
  kDecrypt,
  kSign,
  kVerify,
  kGenerateKey,
  kDeriveBits,
  kImportKey,
  kGetKeyLength,
  kWrapKey,    // "wrapKey", or else "encrypt"
  kUnwrapKey,  // "unwrapKey", or else "decrypt"
};

// Runs user code: buffers that were looked at before may have gone.
Result<crypto::Params> Normalize(Cx& cx, CryptoOperation operation, AlgorithmIdentifier algorithm);

// For "digest". MD5 is offered, as in Workers, but not as a part of another algorithm.
Result<crypto::Hash> NormalizeDigest(Cx& cx, AlgorithmIdentifier algorithm);

}  // namespace verge::bindings

#endif  // BINDINGS_CRYPTO_NORMALIZE_H_
