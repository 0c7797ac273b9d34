// The CryptoKey interface (https://w3c.github.io/webcrypto/#cryptokey-interface).
#ifndef BINDINGS_CRYPTO_CRYPTO_KEY_H_
#define BINDINGS_CRYPTO_CRYPTO_KEY_H_

#include <v8.h>

#include <cstdint>
#include <string_view>

#include "bindings/core/class_spec.h"
#include "bindings/core/convert.h"
#include "bindings/core/error.h"
#include "bindings/core/object.h"
#include "bindings/crypto/primitives/key.h"

namespace verge::bindings {

// Shares the key with its clones and with operations under way. What `algorithm` and `usages` give is made once;
// changing it changes nothing of the key.
class CryptoKey final : public Native {
 public:
  static const ClassSpec kSpec;

  CryptoKey(v8::Isolate* isolate, crypto::KeyRef key);
  ~CryptoKey() override;
  [[nodiscard]] const crypto::KeyRef& key() const { return key_; }

 private:
  struct Members;

  std::string_view GetType();
  bool GetExtractable();
  Result<v8::Local<v8::Value>> GetAlgorithm(Cx& cx);
  Result<v8::Local<v8::Value>> GetUsages(Cx& cx);

  static constexpr int kAlgorithmSlot = 0;
  static constexpr int kUsagesSlot = 1;
  static constexpr int kSlots = 2;

  v8::Isolate* const isolate_;
  const crypto::KeyRef key_;
  const int64_t reported_bytes_;
};

v8::MaybeLocal<v8::Object> NewCryptoKey(v8::Isolate* isolate, crypto::KeyRef key);

}  // namespace verge::bindings

#endif  // BINDINGS_CRYPTO_CRYPTO_KEY_H_
