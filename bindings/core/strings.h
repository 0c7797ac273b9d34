// Strings between V8 and C++.
#ifndef BINDINGS_CORE_STRINGS_H_
#define BINDINGS_CORE_STRINGS_H_

#include <v8.h>

#include <string>
#include <string_view>

namespace verge::bindings {

// From UTF-8; invalid bytes become U+FFFD. Empty when the text is too long for V8 (then a RangeError is pending).
v8::MaybeLocal<v8::String> NewString(v8::Isolate* isolate, std::string_view utf8);

// From Latin-1, which ASCII is a part of.
v8::MaybeLocal<v8::String> NewOneByteString(v8::Isolate* isolate, std::string_view latin1);

// Internalised: for property names that occur again and again.
v8::Local<v8::String> NewSymbolName(v8::Isolate* isolate, std::string_view ascii);

// USVString: UTF-8 with lone surrogates replaced by U+FFFD. Appends to `out`.
void AppendUtf8(v8::Isolate* isolate, v8::Local<v8::String> string, std::string* out);
// At most `max_bytes` of it; the last character may be cut.
void AppendUtf8Prefix(v8::Isolate* isolate, v8::Local<v8::String> string, size_t max_bytes, std::string* out);
std::string ToUtf8(v8::Isolate* isolate, v8::Local<v8::String> string);

// ByteString: each code unit one byte. False when one is above 0xff.
bool AppendLatin1(v8::Isolate* isolate, v8::Local<v8::String> string, std::string* out);

// For messages: runs no user code, never fails, says "[object]" and the like for what is not primitive.
std::string DescribeValue(v8::Isolate* isolate, v8::Local<v8::Value> value);

}  // namespace verge::bindings

#endif  // BINDINGS_CORE_STRINGS_H_
