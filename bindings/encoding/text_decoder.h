// The TextDecoder interface (https://encoding.spec.whatwg.org/#interface-textdecoder).
#ifndef BINDINGS_ENCODING_TEXT_DECODER_H_
#define BINDINGS_ENCODING_TEXT_DECODER_H_

#include "bindings/core/class_spec.h"

namespace verge::bindings {

// No C++ object: encoding, options and the decoder's state are two words in slots.
class TextDecoder {
 public:
  static const ClassSpec kSpec;

 private:
  struct Members;
};

}  // namespace verge::bindings

#endif  // BINDINGS_ENCODING_TEXT_DECODER_H_
