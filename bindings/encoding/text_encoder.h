// The TextEncoder interface (https://encoding.spec.whatwg.org/#interface-textencoder). Its objects have no state.
#ifndef BINDINGS_ENCODING_TEXT_ENCODER_H_
#define BINDINGS_ENCODING_TEXT_ENCODER_H_

#include <v8.h>

#include <optional>

#include "bindings/core/class_spec.h"
#include "bindings/core/convert.h"
#include "bindings/core/error.h"

namespace verge::bindings {

class TextEncoder {
 public:
  static const ClassSpec kSpec;

  // https://encoding.spec.whatwg.org/#dom-textencoder-encode
  static Result<v8::Local<v8::Uint8Array>> Encode(Cx& cx, std::optional<DomString> input);

 private:
  struct Members;
};

}  // namespace verge::bindings

#endif  // BINDINGS_ENCODING_TEXT_ENCODER_H_
