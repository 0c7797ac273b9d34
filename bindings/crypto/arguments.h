// What the methods of SubtleCrypto take, as Web IDL types.
#ifndef BINDINGS_CRYPTO_ARGUMENTS_H_
#define BINDINGS_CRYPTO_ARGUMENTS_H_

#include <v8.h>

#include <array>
#include <cstdint>
#include <variant>

#include "bindings/core/convert.h"
#include "bindings/crypto/primitives/algorithm.h"
#include "bindings/crypto/primitives/bytes.h"
#include "bindings/crypto/primitives/jwk.h"

namespace verge::bindings {

// (object or DOMString)
struct AlgorithmIdentifier {
  v8::Local<v8::Value> value;
};
template <>
struct Convert<AlgorithmIdentifier> {
  static bool From(Cx& cx, v8::Local<v8::Value> value, AlgorithmIdentifier* out) {
    if (value->IsObject()) {
      out->value = value;
      return true;
    }
    v8::Local<v8::String> string;
    if (!Convert<DomString>::From(cx, value, &string)) return false;
    out->value = string;
    return true;
  }
};

// sequence<KeyUsage>, as a set.
struct KeyUsages {
  crypto::Usages value = 0;
};
template <>
struct Convert<KeyUsages> {
  static bool From(Cx& cx, v8::Local<v8::Value> value, KeyUsages* out);
};

// KeyFormat
template <>
struct Convert<crypto::Format> {
  static bool From(Cx& cx, v8::Local<v8::Value> value, crypto::Format* out);
};

// (BufferSource or JsonWebKey)
struct KeyDataArgument {
  std::variant<BufferSource, crypto::Jwk> value;
};
template <>
struct Convert<KeyDataArgument> {
  static bool From(Cx& cx, v8::Local<v8::Value> value, KeyDataArgument* out);
};

// The bytes of a buffer, where they are. Gone as soon as user code runs again.
class BufferBytes {
 public:
  explicit BufferBytes(const BufferSource& source) {
    if (source.object->IsArrayBufferView()) {
      // Leaves the bytes of a small typed array in V8's heap, and copies them.
      v8::MemorySpan<uint8_t> span =
          source.object.As<v8::ArrayBufferView>()->GetContents(v8::MemorySpan<uint8_t>(small_.data(), small_.size()));
      bytes_ = {span.data(), span.size()};
    } else {
      bytes_ = source.bytes();
    }
  }
  BufferBytes(const BufferBytes&) = delete;
  BufferBytes& operator=(const BufferBytes&) = delete;

  [[nodiscard]] crypto::Bytes get() const { return bytes_; }
  [[nodiscard]] size_t size() const { return bytes_.size(); }
  [[nodiscard]] crypto::SecretBytes Copy() const { return crypto::CopyOf(bytes_); }

 private:
  std::array<uint8_t, V8_TYPED_ARRAY_MAX_SIZE_IN_HEAP> small_;
  crypto::Bytes bytes_;
};

}  // namespace verge::bindings

#endif  // BINDINGS_CRYPTO_ARGUMENTS_H_
