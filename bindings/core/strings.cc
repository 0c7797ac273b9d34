#include "bindings/core/strings.h"

#include <simdutf.h>

#include <algorithm>

namespace verge::bindings {

v8::MaybeLocal<v8::String> NewString(v8::Isolate* isolate, std::string_view utf8) {
  if (simdutf::validate_ascii(utf8.data(), utf8.size())) return NewOneByteString(isolate, utf8);
  if (utf8.size() > static_cast<size_t>(v8::String::kMaxLength)) {
    isolate->ThrowException(
        v8::Exception::RangeError(v8::String::NewFromUtf8Literal(isolate, "Invalid string length")));
    return {};
  }
  return v8::String::NewFromUtf8(isolate, utf8.data(), v8::NewStringType::kNormal, static_cast<int>(utf8.size()));
}

v8::MaybeLocal<v8::String> NewOneByteString(v8::Isolate* isolate, std::string_view latin1) {
  if (latin1.size() > static_cast<size_t>(v8::String::kMaxLength)) {
    isolate->ThrowException(
        v8::Exception::RangeError(v8::String::NewFromUtf8Literal(isolate, "Invalid string length")));
    return {};
  }
  return v8::String::NewFromOneByte(isolate, reinterpret_cast<const uint8_t*>(latin1.data()),
                                    v8::NewStringType::kNormal, static_cast<int>(latin1.size()));
}

v8::Local<v8::String> NewSymbolName(v8::Isolate* isolate, std::string_view ascii) {
  v8::Local<v8::String> string;
  if (!v8::String::NewFromOneByte(isolate, reinterpret_cast<const uint8_t*>(ascii.data()),
                                  v8::NewStringType::kInternalized, static_cast<int>(ascii.size()))
           .ToLocal(&string)) {
    return v8::String::Empty(isolate);
  }
  return string;
}

void AppendUtf8(v8::Isolate* isolate, v8::Local<v8::String> string, std::string* out) {
  // A short concatenation is written piece by piece: viewing it would allocate its flat copy in V8's heap first.
  constexpr int kShort = 256;
  int short_length = string->Length();
  if (short_length <= kShort && string->IsOneByte()) {
    char buffer[kShort];
    auto count = static_cast<uint32_t>(short_length);
    string->WriteOneByteV2(isolate, 0, count, reinterpret_cast<uint8_t*>(buffer));
    if (simdutf::validate_ascii(buffer, count)) {
      out->append(buffer, count);
      return;
    }
  }
  v8::String::ValueView view(isolate, string);
  size_t length = static_cast<size_t>(view.length());
  size_t start = out->size();
  if (view.is_one_byte()) {
    const char* data = reinterpret_cast<const char*>(view.data8());
    if (simdutf::validate_ascii(data, length)) {
      out->append(data, length);
      return;
    }
    out->resize(start + simdutf::utf8_length_from_latin1(data, length));
    (void)simdutf::convert_latin1_to_utf8(data, length, out->data() + start);
    return;
  }
  const char16_t* data = reinterpret_cast<const char16_t*>(view.data16());
  if (simdutf::validate_utf16(data, length)) {
    out->resize(start + simdutf::utf8_length_from_utf16(data, length));
    (void)simdutf::convert_valid_utf16_to_utf8(data, length, out->data() + start);
    return;
  }
  std::u16string repaired(length, u'\0');
  simdutf::to_well_formed_utf16(data, length, repaired.data());
  out->resize(start + simdutf::utf8_length_from_utf16(repaired.data(), length));
  (void)simdutf::convert_valid_utf16_to_utf8(repaired.data(), length, out->data() + start);
}

std::string ToUtf8(v8::Isolate* isolate, v8::Local<v8::String> string) {
  std::string result;
  AppendUtf8(isolate, string, &result);
  return result;
}

void AppendUtf8Prefix(v8::Isolate* isolate, v8::Local<v8::String> string, size_t max_bytes, std::string* out) {
  // A code unit is three bytes at most.
  if (static_cast<size_t>(string->Length()) <= max_bytes / 3) return AppendUtf8(isolate, string, out);
  // V8 writes whole characters, of up to four bytes: with room for one more there is no gap at the end.
  const size_t start = out->size();
  const size_t capacity = max_bytes + 3;
  out->resize(start + capacity);
  const size_t count =
      string->WriteUtf8V2(isolate, out->data() + start, capacity, v8::String::WriteFlags::kReplaceInvalidUtf8);
  out->resize(start + std::min(count, max_bytes));
}

bool AppendLatin1(v8::Isolate* isolate, v8::Local<v8::String> string, std::string* out) {
  v8::String::ValueView view(isolate, string);
  size_t length = static_cast<size_t>(view.length());
  if (view.is_one_byte()) {
    out->append(reinterpret_cast<const char*>(view.data8()), length);
    return true;
  }
  const uint16_t* data = view.data16();
  size_t start = out->size();
  out->resize(start + length);
  for (size_t i = 0; i < length; ++i) {
    if (data[i] > 0xff) return false;
    (*out)[start + i] = static_cast<char>(data[i]);
  }
  return true;
}

std::string DescribeValue(v8::Isolate* isolate, v8::Local<v8::Value> value) {
  constexpr size_t kMaxLength = 100;
  std::string text;
  if (value->IsSymbol()) {
    v8::Local<v8::Value> description = value.As<v8::Symbol>()->Description(isolate);
    text = "Symbol(";
    if (description->IsString()) AppendUtf8(isolate, description.As<v8::String>(), &text);
    text += ")";
  } else if (value->IsFunction()) {
    text = "[function]";
  } else if (value->IsObject()) {
    text = "[object]";
  } else {
    // Primitives other than symbols convert without running anything.
    v8::String::Utf8Value utf8(isolate, value);
    text = *utf8 ? *utf8 : "";
  }
  if (text.size() > kMaxLength) text = text.substr(0, kMaxLength) + "…";
  return text;
}

}  // namespace verge::bindings
