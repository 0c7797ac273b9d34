// The TextDecoder interface (https://encoding.spec.whatwg.org/#interface-textdecoder).
#ifndef BINDINGS_ENCODING_TEXT_DECODER_H_
#define BINDINGS_ENCODING_TEXT_DECODER_H_

#include <v8.h>

#include "bindings/core/class_spec.h"
#include "bindings/core/convert.h"
#include "bindings/core/error.h"

namespace verge::bindings {

// No C++ object: encoding, options and the decoder's state are two words in slots.
class TextDecoder {
 public:
  static const ClassSpec kSpec;

  // For TextDecoderStream (text_streams.js): a decoder made from its constructor's arguments.
  static Result<v8::Local<v8::Object>> CreateForStream(Cx& cx, v8::Local<v8::Value> label,
                                                       v8::Local<v8::Value> options);
  // Its next text; `chunk` is not looked at when the stream has ended.
  static Result<v8::MaybeLocal<v8::String>> DecodeChunk(Cx& cx, v8::Local<v8::Object> decoder,
                                                        v8::Local<v8::Value> chunk, bool more);

 private:
  struct Members;
};

}  // namespace verge::bindings

#endif  // BINDINGS_ENCODING_TEXT_DECODER_H_
