// Key material with what the Web Cryptography API attaches to it.
#ifndef BINDINGS_CRYPTO_PRIMITIVES_KEY_H_
#define BINDINGS_CRYPTO_PRIMITIVES_KEY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>

#include "bindings/crypto/primitives/algorithm.h"
#include "bindings/crypto/primitives/bytes.h"
#include "bindings/crypto/primitives/failure.h"
#include "bindings/crypto/primitives/hmac.h"
#include "bindings/crypto/primitives/openssl.h"

namespace verge::crypto {

enum class KeyType : uint8_t { kSecret, kPrivate, kPublic };

// What is known of a key beside its material.
struct KeyAttributes {
  AlgorithmId id = AlgorithmId::kAesGcm;
  std::optional<Hash> hash = {};     // RSA, HMAC
  std::optional<Curve> curve = {};   // EC
  uint32_t length = 0;               // in bits: AES, HMAC
  uint32_t modulus_length = 0;       // in bits: RSA
  SecretBytes public_exponent = {};  // big-endian: RSA
  KeyType type = KeyType::kSecret;
  bool extractable = false;
  Usages usages = 0;
};

// Never changes, may be used by several threads at once. Its material is wiped with the last reference to it.
class Key {
 public:
  Key(KeyAttributes attributes, SecretBytes secret) : attributes_(std::move(attributes)), secret_(std::move(secret)) {}
  Key(KeyAttributes attributes, PkeyPtr pkey) : attributes_(std::move(attributes)), pkey_(std::move(pkey)) {}
  Key(KeyAttributes attributes, SecretBytes secret, HmacKey mac)
      : attributes_(std::move(attributes)), secret_(std::move(secret)), mac_(std::move(mac)) {}

  [[nodiscard]] const KeyAttributes& attributes() const { return attributes_; }
  [[nodiscard]] AlgorithmId id() const { return attributes_.id; }
  [[nodiscard]] KeyType type() const { return attributes_.type; }
  [[nodiscard]] Usages usages() const { return attributes_.usages; }

  // About what it occupies, in bytes.
  [[nodiscard]] size_t MemorySize() const;

  // Secret keys.
  [[nodiscard]] Bytes secret() const { return secret_; }
  // Public and private keys. OpenSSL counts references and locks inside; what takes a key is not const there.
  [[nodiscard]] EVP_PKEY* pkey() const { return pkey_.get(); }
  // HMAC keys.
  [[nodiscard]] const HmacKey& mac() const { return mac_; }

 private:
  KeyAttributes attributes_;
  SecretBytes secret_;
  PkeyPtr pkey_;
  HmacKey mac_;
};

struct KeyPair {
  KeyRef public_key;
  KeyRef private_key;
};

// Of generateKey.
using GeneratedKey = std::variant<KeyRef, KeyPair>;

// Whether `usages` has nothing beside `allowed`, else a SyntaxError.
Outcome<> CheckUsages(Usages usages, Usages allowed);

}  // namespace verge::crypto

#endif  // BINDINGS_CRYPTO_PRIMITIVES_KEY_H_
