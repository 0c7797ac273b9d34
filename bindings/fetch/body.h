// Bodies of requests and responses (https://fetch.spec.whatwg.org/#bodies).
//
// A body lives in a slot of its owner: a string, bytes or Blob as they were given (a FormData as the Blob that it is
// encoded to), a body that arrives from a socket (NativeBody) as long as nobody looks inside, or a ReadableStream once
// JavaScript asked for one. Most bodies never become a stream: text() of a request collects bytes in C++, and a
// response's string goes to the socket as it is.
#ifndef BINDINGS_FETCH_BODY_H_
#define BINDINGS_FETCH_BODY_H_

#include <v8.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "bindings/core/convert.h"
#include "bindings/core/function.h"
#include "bindings/core/object.h"
#include "http/body.h"
#include "http/ref_counted.h"

namespace verge::bindings {

// A body outside JavaScript: what a ReadableStream made from it pulls from. Not exposed to user code but as the
// underlying source of such a stream.
class NativeBody final : public Native {
 public:
  static const ClassSpec kSpec;

  // `owner`: the number of the invocation whose connection it arrives on, and which alone can read it; 0: anyone.
  explicit NativeBody(http::Ref<http::BodySource> source, uint32_t owner = 0)
      : source_(std::move(source)), owner_(owner) {}
  ~NativeBody() override;

  // Promise of a Uint8Array, or of undefined at the end.
  Result<v8::Local<v8::Value>> Pull(Cx& cx);
  void Cancel(Cx& cx, v8::Local<v8::Value> reason);

  // Takes the source out; null when it was taken before.
  http::Ref<http::BodySource> Take() { return std::move(source_); }
  [[nodiscard]] const http::Ref<http::BodySource>& source() const { return source_; }
  [[nodiscard]] uint32_t owner() const { return owner_; }

 private:
  http::Ref<http::BodySource> source_;
  const uint32_t owner_;
};

inline constexpr Member kNativeBodyMembers[] = {
    Table<NativeBody>::Method<"pull", &NativeBody::Pull>(),
    Table<NativeBody>::Method<"cancel", &NativeBody::Cancel>(),
};
inline constexpr ClassSpec NativeBody::kSpec = {.name = "NativeBody", .members = kNativeBodyMembers, .exposed = false};

// What a body's default Content-Type follows from.
enum class BodyType : uint8_t {
  kNone,
  kText,
  kForm,
  kJson,
  kBlob,  // from the Blob: a multipart form is one as well
};
std::string_view ContentTypeOf(BodyType type);  // "" for kNone and kBlob
// For a body as ExtractBody made it. Valid as long as `body` is.
std::string_view ContentTypeOf(BodyType type, v8::Local<v8::Value> body);

inline constexpr char kBodyUsedMessage[] =
    "Body has already been used. It can only be used once. Use tee() first if you need to read it twice.";

// Slots that every owner of a body has first.
inline constexpr int kBodySlot = 0;
inline constexpr int kBodyFlagsSlot = 1;  // an integer: whether it was used, its BodyType, and 16 bits of the owner's
inline constexpr int kBodySlots = 2;

// Converts BodyInit: sets `body` to what goes into the slot.
Result<BodyType> ExtractBody(Cx& cx, v8::Local<v8::Value> init, v8::Local<v8::Value>* body);

// `owner_bits` are kept beside the flags for the owner.
void SetBody(v8::Isolate* isolate, v8::Local<v8::Object> owner, v8::Local<v8::Value> body, BodyType type,
             uint16_t owner_bits = 0);
uint16_t OwnerBits(v8::Local<v8::Object> owner);
void SetOwnerBits(v8::Isolate* isolate, v8::Local<v8::Object> owner, uint16_t bits);  // 15 of them
void MarkBodyUsed(v8::Isolate* isolate, v8::Local<v8::Object> owner);
bool HasBody(v8::Local<v8::Object> owner);
BodyType BodyTypeOf(v8::Local<v8::Object> owner);

// Whether it was read already, or is being read. Empty: exception or termination.
std::optional<bool> IsBodyUsed(Cx& cx, v8::Local<v8::Object> owner);
// "body is unusable": disturbed or locked. An error to return if so.
Result<> RequireUsableBody(Cx& cx, v8::Local<v8::Object> owner);

// The stream, made if need be; null without a body.
Result<v8::Local<v8::Value>> BodyStream(Cx& cx, v8::Local<v8::Object> owner);

// Gives `copy` the same body; streams are teed.
Result<> CloneBody(Cx& cx, v8::Local<v8::Object> owner, v8::Local<v8::Object> copy);

// Moves the body of `from`, which is used up by that, to `to` (a Request made from a Request).
Result<> MoveBody(Cx& cx, v8::Local<v8::Object> from, v8::Local<v8::Object> to);

// --- The mixin's members, for tables of classes whose first slots are a body's.
Result<v8::Local<v8::Value>> BodyText(Cx& cx);
Result<v8::Local<v8::Value>> BodyJson(Cx& cx);
Result<v8::Local<v8::Value>> BodyArrayBuffer(Cx& cx);
Result<v8::Local<v8::Value>> BodyBytes(Cx& cx);
Result<v8::Local<v8::Value>> BodyBlob(Cx& cx);
Result<v8::Local<v8::Value>> BodyFormData(Cx& cx);
Result<v8::Local<v8::Value>> GetBody(Cx& cx);
Result<bool> GetBodyUsed(Cx& cx);

// --- For sending

// What a body is when it leaves JavaScript.
struct OutgoingBody {
  enum class Kind : uint8_t { kNone, kString, kBytes, kSource, kStream } kind = Kind::kNone;
  v8::Local<v8::String> string;
  v8::Local<v8::Value> bytes;          // an ArrayBuffer or a view
  http::Ref<http::BodySource> source;  // never touched by JavaScript
  v8::Local<v8::Object> stream;
};
// Takes the body out of its owner for sending and marks it used.
Result<OutgoingBody> TakeBody(Cx& cx, v8::Local<v8::Object> owner);

// The same of a ReadableStream by itself: locked and disturbed by that, or a TypeError when it is already.
Result<OutgoingBody> TakeStream(Cx& cx, v8::Local<v8::Object> stream);
// Whether `value` is a ReadableStream. Safe for any value.
Result<bool> IsReadableStream(Cx& cx, v8::Local<v8::Value> value);

// For the scripts: what a stream's bytes become.
extern const GlobalFunction kBodyNatives[2];

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_BODY_H_
