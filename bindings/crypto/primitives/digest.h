// Hash functions.
#ifndef BINDINGS_CRYPTO_PRIMITIVES_DIGEST_H_
#define BINDINGS_CRYPTO_PRIMITIVES_DIGEST_H_

#include <openssl/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "bindings/crypto/primitives/bytes.h"
#include "bindings/crypto/primitives/openssl.h"

namespace verge::crypto {

enum class Hash : uint8_t { kSha1, kSha256, kSha384, kSha512, kMd5 };
inline constexpr size_t kHashCount = 5;
inline constexpr size_t kMaxDigestSize = 64;

// In the spelling of the standard: "SHA-256".
std::string_view HashName(Hash hash);
// Names are compared without regard to case.
std::optional<Hash> FindHash(std::string_view name);
size_t DigestSize(Hash hash);
size_t BlockSize(Hash hash);

// Fetched once for the process, never freed.
const EVP_MD* Md(Hash hash);

// A context of the calling thread: one that was used with the same hash before needs no allocation to begin again. For
// use within one call. Null: no memory.
EVP_MD_CTX* ThreadContext(Hash hash);

// A digest in place.
class DigestValue {
 public:
  [[nodiscard]] Bytes bytes() const { return Bytes(bytes_).first(size_); }

 private:
  friend std::optional<DigestValue> Digest(Hash hash, Bytes data);
  friend class Hasher;
  std::array<uint8_t, kMaxDigestSize> bytes_;
  unsigned size_ = 0;
};

// Nothing: the library failed (no memory).
std::optional<DigestValue> Digest(Hash hash, Bytes data);

// A digest of data that comes in pieces.
class Hasher {
 public:
  explicit Hasher(Hash hash);
  bool Update(Bytes data);
  // Once, at the end.
  std::optional<DigestValue> Finish();

 private:
  MdCtxPtr context_;
};

// Without a hint, by the time it takes, where they differ. The lengths must be equal.
bool ConstantTimeEqual(Bytes a, Bytes b);

}  // namespace verge::crypto

#endif  // BINDINGS_CRYPTO_PRIMITIVES_DIGEST_H_
