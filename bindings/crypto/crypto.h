// The Crypto interface (https://w3c.github.io/webcrypto/#crypto-interface).
#ifndef BINDINGS_CRYPTO_CRYPTO_H_
#define BINDINGS_CRYPTO_CRYPTO_H_

#include <v8.h>

#include "bindings/core/class_spec.h"
#include "bindings/core/convert.h"
#include "bindings/core/error.h"
#include "bindings/core/object.h"
#include "bindings/crypto/random_pool.h"

namespace verge::bindings {

// ArrayBufferView
struct ArrayBufferViewArgument {
  v8::Local<v8::ArrayBufferView> view;
};
template <>
struct Convert<ArrayBufferViewArgument> {
  static bool From(Cx& cx, v8::Local<v8::Value> value, ArrayBufferViewArgument* out);
};

// Random values are refused in global scope: an isolate may be started once and used many times, or again.
class Crypto final : public Native {
 public:
  static const ClassSpec kSpec;

 private:
  struct Members;

  Result<v8::Local<v8::ArrayBufferView>> GetRandomValues(Cx& cx, ArrayBufferViewArgument array);
  Result<v8::MaybeLocal<v8::String>> RandomUuid(Cx& cx);
  Result<v8::Local<v8::Value>> GetSubtle(Cx& cx);

  Result<v8::Local<v8::Value>> GetDigestStream(Cx& cx);

  static constexpr int kSubtleSlot = 0;

  RandomPool pool_;
};

}  // namespace verge::bindings

#endif  // BINDINGS_CRYPTO_CRYPTO_H_
