// HMAC (RFC 2104) with one key for many messages.
#ifndef BINDINGS_CRYPTO_PRIMITIVES_HMAC_H_
#define BINDINGS_CRYPTO_PRIMITIVES_HMAC_H_

#include <cstddef>
#include <cstdint>

#include "bindings/crypto/primitives/bytes.h"
#include "bindings/crypto/primitives/digest.h"
#include "bindings/crypto/primitives/openssl.h"

namespace verge::crypto {

// Keeps the hash function's states behind the two pads. To copy them costs a fraction of what OpenSSL's own HMAC takes
// for a short message, of which PBKDF2 is made. May be used by several threads at once.
class HmacKey {
 public:
  HmacKey() = default;
  HmacKey(Hash hash, Bytes key);

  // False: the library failed (no memory), or there is no key.
  [[nodiscard]] bool ok() const { return inner_ && outer_; }
  [[nodiscard]] size_t size() const { return DigestSize(hash_); }

  // Of `message` and, behind it, `more`. `out` has room for size() bytes, and may be a part of the message.
  bool Compute(Bytes message, Bytes more, uint8_t* out) const;

 private:
  Hash hash_ = Hash::kSha256;
  MdCtxPtr inner_;
  MdCtxPtr outer_;
};

}  // namespace verge::crypto

#endif  // BINDINGS_CRYPTO_PRIMITIVES_HMAC_H_
