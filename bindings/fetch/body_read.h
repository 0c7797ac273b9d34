// Reading bodies: from the bytes, strings, blobs, sources and streams that they are to what text() and its kin give.
#ifndef BINDINGS_FETCH_BODY_READ_H_
#define BINDINGS_FETCH_BODY_READ_H_

#include <v8.h>

#include <string_view>

namespace verge::bindings {

// Empty: a RangeError is pending (no memory).
v8::MaybeLocal<v8::ArrayBuffer> NewArrayBuffer(v8::Isolate* isolate, std::string_view bytes);
v8::MaybeLocal<v8::Uint8Array> NewUint8Array(v8::Isolate* isolate, std::string_view bytes);

// The bytes of a buffer or view; valid until user code runs.
std::string_view ViewOf(v8::Local<v8::Value> bytes);

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_BODY_READ_H_
