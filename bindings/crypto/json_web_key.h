// The JsonWebKey dictionary (https://w3c.github.io/webcrypto/#JsonWebKey-dictionary) from and to JavaScript.
#ifndef BINDINGS_CRYPTO_JSON_WEB_KEY_H_
#define BINDINGS_CRYPTO_JSON_WEB_KEY_H_

#include <v8.h>

#include "bindings/core/convert.h"
#include "bindings/crypto/primitives/jwk.h"

namespace verge::bindings {

// Runs user code. False: an exception is pending (or termination).
bool ReadJsonWebKey(Cx& cx, v8::Local<v8::Object> object, crypto::Jwk* out);

// A plain object. Empty: termination, or no memory.
v8::MaybeLocal<v8::Object> NewJsonWebKey(v8::Isolate* isolate, const crypto::Jwk& jwk);

}  // namespace verge::bindings

#endif  // BINDINGS_CRYPTO_JSON_WEB_KEY_H_
