// structuredClone (https://html.spec.whatwg.org/#dom-structuredclone), on V8's serializer.
#ifndef BINDINGS_WEB_STRUCTURED_CLONE_H_
#define BINDINGS_WEB_STRUCTURED_CLONE_H_

#include <v8.h>

#include <vector>

#include "bindings/core/convert.h"
#include "bindings/core/error.h"
#include "bindings/core/function.h"

namespace verge::bindings {

// `any`, not to be left out.
struct RequiredAny {
  v8::Local<v8::Value> value;
};
template <>
struct Convert<RequiredAny> {
  static bool From(Cx&, v8::Local<v8::Value> value, RequiredAny* out) {
    out->value = value;
    return true;
  }
};

struct StructuredSerializeOptions {
  std::vector<v8::Local<v8::Object>> transfer;

  static bool Read(Cx& cx, v8::Local<v8::Object> object, StructuredSerializeOptions* out) {
    return ReadMember(cx, object, Name::kTransfer, &out->transfer);
  }
};

// Clones what V8 knows, DOMExceptions, Blobs, Files and CryptoKeys; transfers ArrayBuffers. Objects of other APIs and
// shared memory are refused.
Result<v8::Local<v8::Value>> StructuredClone(Cx& cx, RequiredAny value, StructuredSerializeOptions options);

inline constexpr GlobalFunction kStructuredClone = Function<"structuredClone", &StructuredClone>();

}  // namespace verge::bindings

#endif  // BINDINGS_WEB_STRUCTURED_CLONE_H_
