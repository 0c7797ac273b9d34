// The algorithms that are offered, what they can do, and the parameters of an operation.
#ifndef BINDINGS_CRYPTO_PRIMITIVES_ALGORITHM_H_
#define BINDINGS_CRYPTO_PRIMITIVES_ALGORITHM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bindings/crypto/primitives/bytes.h"
#include "bindings/crypto/primitives/digest.h"

namespace verge::crypto {

class Key;
using KeyRef = std::shared_ptr<const Key>;

enum class AlgorithmId : uint8_t {
  kRsaSsa,  // RSASSA-PKCS1-v1_5
  kRsaPss,
  kRsaOaep,
  kEcdsa,
  kEcdh,
  kEd25519,
  kEd448,
  kNodeEd25519,  // Ed25519 under the name that Workers gave it before the standard had one
  kX25519,
  kX448,
  kAesCtr,
  kAesCbc,
  kAesGcm,
  kAesKw,
  kHmac,
  kHkdf,
  kPbkdf2,
};
inline constexpr size_t kAlgorithmCount = 17;

std::string_view AlgorithmName(AlgorithmId id);
// Names are compared without regard to case.
std::optional<AlgorithmId> FindAlgorithm(std::string_view name);

constexpr bool IsRsa(AlgorithmId id) { return id <= AlgorithmId::kRsaOaep; }
constexpr bool IsEc(AlgorithmId id) { return id == AlgorithmId::kEcdsa || id == AlgorithmId::kEcdh; }
constexpr bool IsOkp(AlgorithmId id) { return id >= AlgorithmId::kEd25519 && id <= AlgorithmId::kX448; }
constexpr bool IsAes(AlgorithmId id) { return id >= AlgorithmId::kAesCtr && id <= AlgorithmId::kAesKw; }

enum class Curve : uint8_t { kP256, kP384, kP521 };
std::string_view CurveName(Curve curve);
// Of curves, case matters.
std::optional<Curve> FindCurve(std::string_view name);

// What a key may be used for: a set.
enum Usage : uint8_t {
  kEncrypt = 1,
  kDecrypt = 2,
  kSign = 4,
  kVerify = 8,
  kDeriveKey = 16,
  kDeriveBits = 32,
  kWrapKey = 64,
  kUnwrapKey = 128,
};
using Usages = uint8_t;
inline constexpr size_t kUsageCount = 8;
// In the order of the bits.
std::string_view UsageName(size_t bit);
std::optional<Usage> FindUsage(std::string_view name);

enum class Format : uint8_t { kRaw, kSpki, kPkcs8, kJwk };
std::optional<Format> FindFormat(std::string_view name);

// The parameters of an operation, normalized. Which members mean something depends on the algorithm and the operation.
struct Params {
  AlgorithmId id = AlgorithmId::kAesGcm;
  std::optional<Hash> hash;
  std::string named_curve;
  std::optional<uint32_t> length;  // in bits: of AES and HMAC keys; of the counter in AES-CTR's block
  uint32_t modulus_length = 0;     // in bits
  SecretBytes public_exponent;     // big-endian
  uint32_t salt_length = 0;
  uint32_t iterations = 0;
  SecretBytes iv;  // or AES-CTR's first counter block
  SecretBytes salt;
  SecretBytes info;
  SecretBytes label;
  SecretBytes additional_data;
  std::optional<uint32_t> tag_length;  // in bits
  KeyRef public_key;
};

}  // namespace verge::crypto

#endif  // BINDINGS_CRYPTO_PRIMITIVES_ALGORITHM_H_
