#include "bindings/encoding/encoding.h"

#include <optional>
#include <string>

#include "bindings/core/strings.h"
#include "bindings/encoding/base64.h"
#include "bindings/encoding/text_decoder.h"
#include "bindings/encoding/text_encoder.h"

namespace verge::bindings {
namespace {

// Calls `function` with the bytes of a string whose code units are all below 0x100. False: they are not. The bytes may
// lie in V8's heap: `function` must not use V8.
template <typename F>
bool WithLatin1(v8::Isolate* isolate, v8::Local<v8::String> string, F&& function) {
  {
    v8::String::ValueView view(isolate, string);
    if (view.is_one_byte()) {
      function(std::string_view(reinterpret_cast<const char*>(view.data8()), static_cast<size_t>(view.length())));
      return true;
    }
  }
  std::string bytes;
  if (!AppendLatin1(isolate, string, &bytes)) return false;
  function(std::string_view(bytes));
  return true;
}

// https://html.spec.whatwg.org/#dom-btoa
Result<v8::MaybeLocal<v8::String>> Btoa(Cx& cx, DomString data) {
  std::string encoded;
  if (!WithLatin1(cx.isolate, data, [&](std::string_view bytes) { encoded = Base64Encode(bytes); })) {
    return DomError("InvalidCharacterError",
                    cx.Where() + ": The string to be encoded contains characters outside of the Latin1 range.");
  }
  return NewOneByteString(cx.isolate, encoded);
}

// https://html.spec.whatwg.org/#dom-atob
Result<v8::MaybeLocal<v8::String>> Atob(Cx& cx, DomString data) {
  std::optional<std::string> decoded;
  bool is_latin1 = WithLatin1(cx.isolate, data, [&](std::string_view text) { decoded = ForgivingBase64Decode(text); });
  if (!is_latin1 || !decoded) {
    return DomError("InvalidCharacterError", cx.Where() + ": The string to be decoded is not correctly encoded.");
  }
  return NewOneByteString(cx.isolate, *decoded);
}

constexpr const ClassSpec* kClasses[] = {&TextEncoder::kSpec, &TextDecoder::kSpec};

constexpr GlobalFunction kGlobals[] = {
    Function<"atob", &Atob>(),
    Function<"btoa", &Btoa>(),
};

constexpr GlobalFunction kNatives[] = {
    Function<"createStreamDecoder", &TextDecoder::CreateForStream>(),
    Function<"decodeChunk", &TextDecoder::DecodeChunk>(),
    Function<"encodeChunk", &TextEncoder::Encode>(),
};

}  // namespace

constinit const Family kEncodingFamily = {
    .classes = kClasses, .globals = kGlobals, .natives = kNatives, .lazy_globals = {}};

}  // namespace verge::bindings
