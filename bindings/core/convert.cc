#include "bindings/core/convert.h"

#include <cmath>
#include <limits>

namespace verge::bindings {

std::string Cx::Where() const {
  std::string_view class_text = class_name;
  std::string_view member_text = member_name;
  if (member_text.empty()) return "Failed to construct '" + std::string(class_text) + "'";
  std::string where = "Failed to execute '" + std::string(member_text) + "'";
  if (!class_text.empty()) where += " on '" + std::string(class_text) + "'";
  return where;
}

Error Cx::MakeTypeError(std::string_view what) const {
  return Error{ErrorKind::kTypeError, Where() + ": " + std::string(what)};
}

bool Cx::ThrowTypeError(std::string_view what) const {
  Throw(isolate, MakeTypeError(what));
  return false;
}

bool Cx::ThrowRangeError(std::string_view what) const {
  Throw(isolate, Error{ErrorKind::kRangeError, Where() + ": " + std::string(what)});
  return false;
}

bool ThrowNotOfType(Cx& cx, const char* type) {
  if (cx.argument == 0) return cx.ThrowTypeError("The provided value is not of type '" + std::string(type) + "'.");
  return cx.ThrowTypeError("parameter " + std::to_string(cx.argument) + " is not of type '" + type + "'.");
}

std::span<uint8_t> BufferSource::bytes() const {
  if (object->IsArrayBuffer()) {
    v8::Local<v8::ArrayBuffer> buffer = object.As<v8::ArrayBuffer>();
    return {static_cast<uint8_t*>(buffer->Data()), buffer->ByteLength()};
  }
  if (object->IsArrayBufferView()) {
    v8::Local<v8::ArrayBufferView> view = object.As<v8::ArrayBufferView>();
    v8::Local<v8::ArrayBuffer> buffer = view->Buffer();
    auto* data = static_cast<uint8_t*>(buffer->Data());
    if (!data) return {};
    return {data + view->ByteOffset(), view->ByteLength()};
  }
  return {};
}

// https://webidl.spec.whatwg.org/#abstract-opdef-converttoint
bool ConvertToInt(Cx& cx, v8::Local<v8::Value> value, int bits, bool is_signed, IntMode mode, int64_t* out) {
  if (value->IsInt32() && mode == IntMode::kModulo && bits >= 32) {
    int32_t small = value.As<v8::Int32>()->Value();
    if (is_signed || small >= 0) {
      *out = small;
      return true;
    }
  }
  double number = 0;
  if (!value->NumberValue(cx.context).To(&number)) return false;
  double upper = bits == 64 ? 9007199254740991.0 : std::ldexp(1.0, is_signed ? bits - 1 : bits) - 1;
  double lower = bits == 64 ? (is_signed ? -9007199254740991.0 : 0.0) : (is_signed ? -std::ldexp(1.0, bits - 1) : 0.0);
  if (mode == IntMode::kEnforceRange) {
    if (!std::isfinite(number)) return cx.ThrowTypeError("Value is not a finite number.");
    number = std::trunc(number);
    if (number < lower || number > upper) return cx.ThrowTypeError("Value is outside the range of its type.");
    *out = static_cast<int64_t>(number);
    return true;
  }
  if (mode == IntMode::kClamp) {
    if (std::isnan(number)) number = 0;
    number = std::min(std::max(number, lower), upper);
    *out = static_cast<int64_t>(std::nearbyint(number));  // round half to even
    return true;
  }
  if (!std::isfinite(number)) number = 0;
  number = std::trunc(number);
  double modulus = std::ldexp(1.0, bits);
  number = std::fmod(number, modulus);
  if (number < 0) number += modulus;
  auto unsigned_value = static_cast<uint64_t>(number);
  if (is_signed && bits < 64 && unsigned_value >= (uint64_t{1} << (bits - 1))) {
    *out = static_cast<int64_t>(unsigned_value) - (int64_t{1} << bits);
  } else {
    *out = static_cast<int64_t>(unsigned_value);
  }
  return true;
}

bool Convert<ByteString>::From(Cx& cx, v8::Local<v8::Value> value, ByteString* out) {
  DomString string;
  if (!Convert<DomString>::From(cx, value, &string)) return false;
  out->value.clear();
  if (AppendLatin1(cx.isolate, string, &out->value)) return true;
  return cx.ThrowTypeError("Cannot convert a string with characters above 255 to a ByteString.");
}

bool Convert<v8::Local<v8::Object>>::From(Cx& cx, v8::Local<v8::Value> value, v8::Local<v8::Object>* out) {
  if (!value->IsObject()) return ThrowNotOfType(cx, "Object");
  *out = value.As<v8::Object>();
  return true;
}

bool Convert<Callback>::From(Cx& cx, v8::Local<v8::Value> value, Callback* out) {
  if (!value->IsFunction()) return ThrowNotOfType(cx, "Function");
  out->function = value.As<v8::Function>();
  return true;
}

bool Convert<BufferSource>::Accepts(v8::Local<v8::Value> value) {
  return value->IsArrayBuffer() || value->IsArrayBufferView();
}

bool Convert<BufferSource>::From(Cx& cx, v8::Local<v8::Value> value, BufferSource* out) {
  if (!Accepts(value)) return ThrowNotOfType(cx, "ArrayBuffer or ArrayBufferView");
  // A small typed array may have its bytes in V8's heap still: asking for its buffer would move them out.
  if (value->IsArrayBufferView() && value.As<v8::ArrayBufferView>()->HasBuffer() &&
      value.As<v8::ArrayBufferView>()->Buffer().As<v8::Value>()->IsSharedArrayBuffer()) {
    return ThrowNotOfType(cx, "ArrayBuffer or ArrayBufferView (not shared)");
  }
  out->object = value;
  return true;
}

bool GetIteratorMethod(Cx& cx, v8::Local<v8::Object> object, v8::Local<v8::Function>* out) {
  v8::Local<v8::Value> method;
  if (!object->Get(cx.context, v8::Symbol::GetIterator(cx.isolate)).ToLocal(&method)) return false;
  if (method->IsNullOrUndefined()) {
    out->Clear();
    return true;
  }
  if (!method->IsFunction()) return cx.ThrowTypeError("The object's @@iterator property is not callable.");
  *out = method.As<v8::Function>();
  return true;
}

bool ForEachOf(Cx& cx, v8::Local<v8::Object> iterable, v8::Local<v8::Function> method,
               bool (*each)(Cx& cx, v8::Local<v8::Value> item, void* data), void* data) {
  v8::Local<v8::Value> iterator;
  if (!method->Call(cx.context, iterable, 0, nullptr).ToLocal(&iterator)) return false;
  if (!iterator->IsObject()) return cx.ThrowTypeError("The object's iterator is not an object.");
  v8::Local<v8::String> next_name = NewSymbolName(cx.isolate, "next");
  v8::Local<v8::String> done_name = NewSymbolName(cx.isolate, "done");
  v8::Local<v8::String> value_name = NewSymbolName(cx.isolate, "value");
  v8::Local<v8::Value> next;
  if (!iterator.As<v8::Object>()->Get(cx.context, next_name).ToLocal(&next)) return false;
  if (!next->IsFunction()) return cx.ThrowTypeError("The iterator's next property is not callable.");
  for (;;) {
    v8::Local<v8::Value> result;
    v8::Local<v8::Value> done;
    v8::Local<v8::Value> value;
    if (!next.As<v8::Function>()->Call(cx.context, iterator, 0, nullptr).ToLocal(&result)) return false;
    if (!result->IsObject()) return cx.ThrowTypeError("An iterator result is not an object.");
    if (!result.As<v8::Object>()->Get(cx.context, done_name).ToLocal(&done)) return false;
    if (done->BooleanValue(cx.isolate)) return true;
    if (!result.As<v8::Object>()->Get(cx.context, value_name).ToLocal(&value)) return false;
    if (!each(cx, value, data)) return false;
  }
}

bool ForEachOwnProperty(Cx& cx, v8::Local<v8::Object> object,
                        bool (*each)(Cx& cx, v8::Local<v8::Value> key, v8::Local<v8::Value> value, void* data),
                        void* data, bool (*on_key)(Cx& cx, v8::Local<v8::Value> key, void* data)) {
  v8::Local<v8::Array> keys;
  if (!object
           ->GetPropertyNames(cx.context, v8::KeyCollectionMode::kOwnOnly, v8::ALL_PROPERTIES,
                              v8::IndexFilter::kIncludeIndices, v8::KeyConversionMode::kConvertToString)
           .ToLocal(&keys)) {
    return false;
  }
  v8::Local<v8::String> enumerable_name = NewSymbolName(cx.isolate, "enumerable");
  for (uint32_t i = 0; i < keys->Length(); ++i) {
    v8::Local<v8::Value> key;
    v8::Local<v8::Value> descriptor;
    v8::Local<v8::Value> enumerable;
    v8::Local<v8::Value> value;
    if (!keys->Get(cx.context, i).ToLocal(&key)) return false;
    // [[GetOwnProperty]] of proxies is observable, and what it says can differ from what was listed.
    if (!object->GetOwnPropertyDescriptor(cx.context, key.As<v8::Name>()).ToLocal(&descriptor)) return false;
    if (!descriptor->IsObject()) continue;
    if (!descriptor.As<v8::Object>()->Get(cx.context, enumerable_name).ToLocal(&enumerable)) return false;
    if (!enumerable->BooleanValue(cx.isolate)) continue;
    if (on_key && !on_key(cx, key, data)) return false;
    if (!object->Get(cx.context, key).ToLocal(&value)) return false;
    if (!each(cx, key, value, data)) return false;
  }
  return true;
}

v8::MaybeLocal<v8::Value> ToJs(Cx& cx, std::string_view utf8) {
  v8::Local<v8::String> string;
  if (!NewString(cx.isolate, utf8).ToLocal(&string)) return {};
  return string.As<v8::Value>();
}

v8::MaybeLocal<v8::Value> ToJs(Cx& cx, const ByteString& value) {
  v8::Local<v8::String> string;
  if (!NewOneByteString(cx.isolate, value.value).ToLocal(&string)) return {};
  return string.As<v8::Value>();
}

}  // namespace verge::bindings
