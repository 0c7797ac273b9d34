// structuredClone (https://html.spec.whatwg.org/#dom-structuredclone), on V8's serializer.
#ifndef BINDINGS_WEB_STRUCTURED_CLONE_H_
#define BINDINGS_WEB_STRUCTURED_CLONE_H_

#include <v8.h>

#include <vector>

#include "bindings/core/convert.h"
#include "bindings/core/error.h"
#include "bindings/core/function.h"

namespace verge::bindings {

struct StructuredSerializeOptions {
  std::vector<v8::Local<v8::Object>> transfer;

  static bool Read(Cx& cx, v8::Local<v8::Object> object, StructuredSerializeOptions* out) {
    return ReadMember(cx, object, Name::kTransfer, &out->transfer);
  }
};

// A copy of `value`, StructuredSerializeWithTransfer and StructuredDeserializeWithTransfer in one: nothing can be seen
// between the two, and the copy stays in the same isolate. Puts what takes the place of each object in `transfer` into
// `transferred`.
//
// Besides what V8 knows, this clones instances of C++ classes whose ClassSpec has a `clone`, and of JavaScript classes
// that called internal.setCloneable; it transfers ArrayBuffers and what called internal.setTransferable
// (web/structured_clone.js). Other objects of the platform and shared memory are refused.
Result<v8::Local<v8::Value>> CloneWithTransfer(Cx& cx, v8::Local<v8::Value> value,
                                               const std::vector<v8::Local<v8::Object>>& transfer,
                                               std::vector<v8::Local<v8::Value>>* transferred);

// The global function.
Result<v8::Local<v8::Value>> StructuredClone(Cx& cx, AnyValue value, StructuredSerializeOptions options);

// For scripts: [copy, transferred objects]. `transfer` is an array that only internals have seen.
Result<v8::Local<v8::Value>> CloneMessage(Cx& cx, v8::Local<v8::Value> value, v8::Local<v8::Object> transfer);

inline constexpr GlobalFunction kStructuredClone = Function<"structuredClone", &StructuredClone>();
inline constexpr GlobalFunction kCloneMessage = Function<"postMessage", &CloneMessage>();

}  // namespace verge::bindings

#endif  // BINDINGS_WEB_STRUCTURED_CLONE_H_
