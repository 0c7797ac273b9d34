#include "bindings/d1/parameters.h"

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "bindings/core/strings.h"
#include "bindings/d1/errors.h"
#include "bindings/d1/results.h"

namespace verge::bindings {
namespace {

// Empty: a RangeError is pending.
v8::MaybeLocal<v8::ArrayBuffer> CopyBytes(v8::Isolate* isolate, const void* bytes, size_t size) {
  std::unique_ptr<v8::BackingStore> store = v8::ArrayBuffer::NewBackingStore(
      isolate, size, v8::BackingStoreInitializationMode::kUninitialized, v8::BackingStoreOnFailureMode::kReturnNull);
  if (!store) {
    Throw(isolate, RangeError("Array buffer allocation failed").error());
    return {};
  }
  if (size > 0) std::memcpy(store->Data(), bytes, size);
  return v8::ArrayBuffer::New(isolate, std::move(store));
}

std::unexpected<Error> WrongType(Cx& cx, v8::Local<v8::Value> value) {
  const std::string type = ToUtf8(cx.isolate, value->TypeOf(cx.isolate));
  v8::Local<v8::String> text;
  // As a template literal would: user code may run, and a symbol throws.
  if (!value->ToString(cx.context).ToLocal(&text)) return Pending();
  return D1Error(cx.isolate, "D1_TYPE_ERROR",
                 "Type '" + type + "' not supported for value '" + ToUtf8(cx.isolate, text) + "'");
}

// An array whose elements are all bytes; false: they are not. Reading them may run user code.
Result<bool> ReadByteArray(Cx& cx, v8::Local<v8::Array> array, std::string* out) {
  for (uint32_t i = 0; i < array->Length(); ++i) {
    v8::HandleScope scope(cx.isolate);
    v8::Local<v8::Value> item;
    if (!array->Get(cx.context, i).ToLocal(&item)) return Pending();
    if (!item->IsNumber()) return false;
    const double number = item.As<v8::Number>()->Value();
    if (!(number >= 0 && number < 256)) return false;
    *out += static_cast<char>(static_cast<uint8_t>(number));
  }
  return true;
}

}  // namespace

Result<v8::Local<v8::Array>> BindParameters(Cx& cx, const std::vector<v8::Local<v8::Value>>& values) {
  std::vector<v8::Local<v8::Value>> bound;
  bound.reserve(values.size());
  for (v8::Local<v8::Value> value : values) {
    if (value->IsNumber() || value->IsString() || value->IsNull()) {
      bound.push_back(value);
      continue;
    }
    if (value->IsBoolean()) {
      bound.push_back(v8::Integer::New(cx.isolate, value->IsTrue() ? 1 : 0));
      continue;
    }
    v8::Local<v8::ArrayBuffer> copy;
    if (value->IsArrayBuffer()) {
      v8::Local<v8::ArrayBuffer> buffer = value.As<v8::ArrayBuffer>();
      if (!CopyBytes(cx.isolate, buffer->Data(), buffer->ByteLength()).ToLocal(&copy)) return Pending();
    } else if (value->IsArrayBufferView()) {
      v8::Local<v8::ArrayBufferView> view = value.As<v8::ArrayBufferView>();
      std::string bytes(view->ByteLength(), '\0');
      bytes.resize(view->CopyContents(bytes.data(), bytes.size()));
      if (!CopyBytes(cx.isolate, bytes.data(), bytes.size()).ToLocal(&copy)) return Pending();
    } else if (value->IsArray()) {
      std::string bytes;
      auto read = ReadByteArray(cx, value.As<v8::Array>(), &bytes);
      if (!read) return std::unexpected(read.error());
      if (!*read) return WrongType(cx, value);
      if (!CopyBytes(cx.isolate, bytes.data(), bytes.size()).ToLocal(&copy)) return Pending();
    } else {
      return WrongType(cx, value);
    }
    bound.push_back(copy);
  }
  return v8::Array::New(cx.isolate, bound.data(), bound.size());
}

Result<std::vector<d1::Value>> ReadParameters(Cx& cx, v8::Local<v8::Value> bound) {
  std::vector<d1::Value> out;
  if (!bound->IsArray()) return out;
  v8::Local<v8::Array> array = bound.As<v8::Array>();
  out.reserve(array->Length());
  for (uint32_t i = 0; i < array->Length(); ++i) {
    v8::Local<v8::Value> value;
    if (!array->Get(cx.context, i).ToLocal(&value)) return Pending();
    if (value->IsNumber()) {
      out.emplace_back(value.As<v8::Number>()->Value());
    } else if (value->IsString()) {
      AppendUtf8(cx.isolate, value.As<v8::String>(), &out.emplace_back().emplace<std::string>());
    } else if (value->IsArrayBuffer()) {
      v8::Local<v8::ArrayBuffer> buffer = value.As<v8::ArrayBuffer>();
      out.emplace_back(d1::Blob{std::string(static_cast<const char*>(buffer->Data()), buffer->ByteLength())});
    } else {
      out.emplace_back();
    }
  }
  return out;
}

Result<v8::Local<v8::Value>> ShowParameters(Cx& cx, v8::Local<v8::Value> bound) {
  if (!bound->IsArray()) return v8::Array::New(cx.isolate).As<v8::Value>();
  v8::Local<v8::Array> array = bound.As<v8::Array>();
  std::vector<v8::Local<v8::Value>> out;
  for (uint32_t i = 0; i < array->Length(); ++i) {
    v8::Local<v8::Value> value;
    if (!array->Get(cx.context, i).ToLocal(&value)) return Pending();
    if (value->IsArrayBuffer()) {
      v8::Local<v8::ArrayBuffer> buffer = value.As<v8::ArrayBuffer>();
      const std::string_view bytes(static_cast<const char*>(buffer->Data()), buffer->ByteLength());
      if (!BlobToArray(cx.isolate, cx.context, bytes).ToLocal(&value)) return Pending();
    }
    out.push_back(value);
  }
  return v8::Array::New(cx.isolate, out.data(), out.size()).As<v8::Value>();
}

}  // namespace verge::bindings
