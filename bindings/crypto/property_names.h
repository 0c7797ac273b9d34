// Names of properties that only this family reads and writes, made in an isolate when they are first used.
#ifndef BINDINGS_CRYPTO_PROPERTY_NAMES_H_
#define BINDINGS_CRYPTO_PROPERTY_NAMES_H_

#include <v8.h>

#include <cstdint>

namespace verge::bindings {

enum class CryptoName : uint8_t {
  // JsonWebKey, in lexicographical order.
  kAlg,
  kCrv,
  kD,
  kDp,
  kDq,
  kE,
  kExt,
  kK,
  kKeyOps,
  kKty,
  kN,
  kOth,
  kP,
  kQ,
  kQi,
  kUse,
  kX,
  kY,
  // RsaOtherPrimesInfo
  kR,
  kT,
  // Members of algorithms
  kAdditionalData,
  kCounter,
  kHash,
  kInfo,
  kIterations,
  kIv,
  kLabel,
  kLength,
  kModulusLength,
  kName,
  kNamedCurve,
  kPublic,
  kPublicExponent,
  kSalt,
  kSaltLength,
  kTagLength,
  // CryptoKeyPair
  kPrivateKey,
  kPublicKey,
  kCount,
};

v8::Local<v8::String> PropertyName(v8::Isolate* isolate, CryptoName name);

}  // namespace verge::bindings

#endif  // BINDINGS_CRYPTO_PROPERTY_NAMES_H_
