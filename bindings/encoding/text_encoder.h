// The TextEncoder interface (https://encoding.spec.whatwg.org/#interface-textencoder). Its objects have no state.
#ifndef BINDINGS_ENCODING_TEXT_ENCODER_H_
#define BINDINGS_ENCODING_TEXT_ENCODER_H_

#include "bindings/core/class_spec.h"

namespace verge::bindings {

class TextEncoder {
 public:
  static const ClassSpec kSpec;

 private:
  struct Members;
};

}  // namespace verge::bindings

#endif  // BINDINGS_ENCODING_TEXT_ENCODER_H_
