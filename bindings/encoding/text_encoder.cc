#include "bindings/encoding/text_encoder.h"

#include <simdutf.h>

#include <bit>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include "bindings/core/function.h"

namespace verge::bindings {
namespace {

// [AllowShared] Uint8Array
struct Uint8ArrayArgument {
  v8::Local<v8::Uint8Array> array;
};

Result<v8::Local<v8::Uint8Array>> NewBytes(Cx& cx, size_t size, v8::Local<v8::ArrayBuffer>* buffer) {
  if (!v8::ArrayBuffer::MaybeNew(cx.isolate, size, v8::BackingStoreInitializationMode::kUninitialized)
           .ToLocal(buffer)) {
    return std::unexpected(Error{ErrorKind::kRangeError, cx.Where() + ": Array buffer allocation failed"});
  }
  return v8::Uint8Array::New(*buffer, 0, size);
}

}  // namespace

template <>
struct Convert<Uint8ArrayArgument> {
  static bool From(Cx& cx, v8::Local<v8::Value> value, Uint8ArrayArgument* out) {
    if (!value->IsUint8Array()) return ThrowNotOfType(cx, "Uint8Array");
    out->array = value.As<v8::Uint8Array>();
    return true;
  }
};

static_assert(std::endian::native == std::endian::little, "V8's two-byte strings are UTF-16LE");

Result<v8::Local<v8::Uint8Array>> TextEncoder::Encode(Cx& cx, std::optional<DomString> input) {
  v8::Local<v8::String> string = input ? *input : v8::String::Empty(cx.isolate);
  size_t size = 0;
  {
    v8::String::ValueView view(cx.isolate, string);
    auto length = static_cast<size_t>(view.length());
    if (view.is_one_byte()) {
      size = simdutf::utf8_length_from_latin1(reinterpret_cast<const char*>(view.data8()), length);
    } else {
      const auto* units = reinterpret_cast<const char16_t*>(view.data16());
      // Lone surrogates take three bytes like what replaces them.
      size = simdutf::utf8_length_from_utf16le_with_replacement(units, length).count;
    }
  }
  v8::Local<v8::ArrayBuffer> buffer;
  Result<v8::Local<v8::Uint8Array>> bytes = NewBytes(cx, size, &buffer);
  if (!bytes || size == 0) return bytes;
  auto* out = static_cast<char*>(buffer->Data());
  v8::String::ValueView view(cx.isolate, string);
  auto length = static_cast<size_t>(view.length());
  if (view.is_one_byte()) {
    const auto* text = reinterpret_cast<const char*>(view.data8());
    if (length == size) {
      std::memcpy(out, text, size);
    } else {
      (void)simdutf::convert_latin1_to_utf8(text, length, out);
    }
  } else {
    (void)simdutf::convert_utf16le_to_utf8_with_replacement(reinterpret_cast<const char16_t*>(view.data16()), length,
                                                            out);
  }
  return bytes;
}

struct TextEncoder::Members {
  static Result<> Construct(Cx&) { return {}; }

  static v8::Local<v8::String> Encoding(Cx& cx) { return NewSymbolName(cx.isolate, "utf-8"); }

  // https://encoding.spec.whatwg.org/#dom-textencoder-encodeinto
  static Result<v8::Local<v8::Object>> EncodeInto(Cx& cx, DomString source, Uint8ArrayArgument destination) {
    size_t read = 0;
    size_t written = 0;
    // Also of a shared buffer: V8 has one kind of handle for both here.
    v8::Local<v8::ArrayBuffer> buffer = destination.array->Buffer();
    auto* data = static_cast<char*>(buffer->Data());
    size_t capacity = destination.array->ByteLength();
    if (data && capacity > 0) {
      written = source->WriteUtf8V2(cx.isolate, data + destination.array->ByteOffset(), capacity,
                                    v8::String::WriteFlags::kReplaceInvalidUtf8, &read);
    }
    v8::Local<v8::Object> result = v8::Object::New(cx.isolate);
    if (result
            ->CreateDataProperty(cx.context, NewSymbolName(cx.isolate, "read"),
                                 v8::Number::New(cx.isolate, static_cast<double>(read)))
            .IsNothing() ||
        result
            ->CreateDataProperty(cx.context, NewSymbolName(cx.isolate, "written"),
                                 v8::Number::New(cx.isolate, static_cast<double>(written)))
            .IsNothing()) {
      return Pending();
    }
    return result;
  }

  using T = Table<TextEncoder>;
  static constexpr Member kMembers[] = {
      T::Getter<"encoding", &Encoding>(),
      T::Method<"encode", &TextEncoder::Encode>(),
      T::Method<"encodeInto", &EncodeInto>(),
  };
  static constexpr v8::FunctionCallback kConstructor = T::Constructor<&Construct>();
};

constinit const ClassSpec TextEncoder::kSpec = {
    .name = "TextEncoder",
    .constructor = Members::kConstructor,
    .members = Members::kMembers,
    .slots_only = true,
};

}  // namespace verge::bindings
