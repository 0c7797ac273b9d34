// Hashes in place, for node:crypto: what takes no key of WebCrypto's and gives no promise.
#ifndef BINDINGS_CRYPTO_HASH_FUNCTIONS_H_
#define BINDINGS_CRYPTO_HASH_FUNCTIONS_H_

#include <v8.h>

#include <string>

#include "bindings/core/convert.h"
#include "bindings/core/error.h"

namespace verge::bindings {

// `name` in the spelling of the Web's: "SHA-256". The time that it takes is the calling code's.
Result<v8::Local<v8::ArrayBuffer>> HashInPlace(Cx& cx, std::string name, BufferSource data);
Result<v8::Local<v8::ArrayBuffer>> HmacInPlace(Cx& cx, std::string name, BufferSource key, BufferSource data);

}  // namespace verge::bindings

#endif  // BINDINGS_CRYPTO_HASH_FUNCTIONS_H_
