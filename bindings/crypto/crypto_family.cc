#include "bindings/crypto/crypto_family.h"

#include <memory>

#include "bindings/core/function.h"
#include "bindings/core/object.h"
#include "bindings/crypto/crypto.h"
#include "bindings/crypto/crypto_key.h"
#include "bindings/crypto/digest_stream.h"
#include "bindings/crypto/hash_functions.h"
#include "bindings/crypto/subtle_crypto.h"

namespace verge::bindings {
namespace {

void GetCrypto(v8::Local<v8::Name>, const v8::PropertyCallbackInfo<v8::Value>& info) {
  v8::Local<v8::Object> crypto;
  if (NewObject(info.GetIsolate(), std::make_unique<Crypto>()).ToLocal(&crypto)) info.GetReturnValue().Set(crypto);
}

constexpr const ClassSpec* kClasses[] = {&Crypto::kSpec, &SubtleCrypto::kSpec, &CryptoKey::kSpec,
                                         &DigestStreamHasher::kSpec};
constexpr GlobalFunction kNatives[] = {
    Function<"hash", &HashInPlace>(),
    Function<"hmac", &HmacInPlace>(),
};
constexpr LazyGlobal kLazyGlobals[] = {{"crypto", &GetCrypto}};

}  // namespace

constinit const Family kCryptoFamily = {
    .classes = kClasses, .globals = {}, .natives = kNatives, .lazy_globals = kLazyGlobals};

}  // namespace verge::bindings
