#include "bindings/fetch/body.h"

#include <simdutf.h>

#include <cstring>
#include <utility>
#include <vector>

#include "bindings/core/invocation_scope.h"
#include "bindings/url/url_search_params.h"
#include "runtime/await_io.h"

namespace verge::bindings {
namespace {

constexpr int kUsedFlag = 0x100;
constexpr int kTypeMask = 0xff;
constexpr int kOwnerShift = 16;  // a status has ten bits: the sign bit stays clear

constexpr char kUsedMessage[] =
    "Body has already been used. It can only be used once. Use tee() first if you need to read it twice.";
constexpr char kLockedMessage[] = "This ReadableStream is currently locked to a reader.";

// What a consumer wants the bytes as.
enum class Want : uint8_t { kText, kJson, kArrayBuffer, kBytes };

int Flags(v8::Local<v8::Object> owner) {
  v8::Local<v8::Value> flags = GetSlot(owner, kBodyFlagsSlot);
  return flags->IsInt32() ? flags.As<v8::Int32>()->Value() : 0;
}

void SetFlags(v8::Isolate* isolate, v8::Local<v8::Object> owner, int flags) {
  SetSlot(owner, kBodyFlagsSlot, v8::Integer::New(isolate, flags));
}

v8::MaybeLocal<v8::ArrayBuffer> NewArrayBuffer(v8::Isolate* isolate, std::string_view bytes) {
  if (bytes.empty()) return v8::ArrayBuffer::New(isolate, 0);
  std::unique_ptr<v8::BackingStore> store =
      v8::ArrayBuffer::NewBackingStore(isolate, bytes.size(), v8::BackingStoreInitializationMode::kUninitialized,
                                       v8::BackingStoreOnFailureMode::kReturnNull);
  if (!store) {
    Throw(isolate, RangeError("Array buffer allocation failed").error());
    return {};
  }
  std::memcpy(store->Data(), bytes.data(), bytes.size());
  return v8::ArrayBuffer::New(isolate, std::move(store));
}

v8::MaybeLocal<v8::Uint8Array> NewUint8Array(v8::Isolate* isolate, std::string_view bytes) {
  v8::Local<v8::ArrayBuffer> buffer;
  if (!NewArrayBuffer(isolate, bytes).ToLocal(&buffer)) return {};
  return v8::Uint8Array::New(buffer, 0, bytes.size());
}

// "UTF-8 decode": without the byte order mark.
std::string_view WithoutBom(std::string_view utf8) { return utf8.starts_with("\xef\xbb\xbf") ? utf8.substr(3) : utf8; }

v8::MaybeLocal<v8::Value> MakeValue(v8::Isolate* isolate, v8::Local<v8::Context> context, std::string_view bytes,
                                    Want want) {
  switch (want) {
    case Want::kText:
    case Want::kJson: {
      v8::Local<v8::String> text;
      if (!NewString(isolate, WithoutBom(bytes)).ToLocal(&text)) return {};
      if (want == Want::kText) return text.As<v8::Value>();
      return v8::JSON::Parse(context, text);
    }
    case Want::kArrayBuffer: {
      v8::Local<v8::ArrayBuffer> buffer;
      return NewArrayBuffer(isolate, bytes).ToLocal(&buffer) ? v8::MaybeLocal<v8::Value>(buffer)
                                                             : v8::MaybeLocal<v8::Value>();
    }
    case Want::kBytes: {
      v8::Local<v8::Uint8Array> array;
      return NewUint8Array(isolate, bytes).ToLocal(&array) ? v8::MaybeLocal<v8::Value>(array)
                                                           : v8::MaybeLocal<v8::Value>();
    }
  }
  return {};
}

std::string_view ViewOf(v8::Local<v8::Value> bytes) {
  std::span<uint8_t> span = BufferSource{bytes}.bytes();
  return {reinterpret_cast<const char*>(span.data()), span.size()};
}

void ThrowBodyError(v8::Isolate* isolate, http::BodyError error, std::string_view message) {
  std::string text(message);
  if (text.empty()) {
    switch (error) {
      case http::BodyError::kDisconnected:
        text = "Network connection lost.";
        break;
      case http::BodyError::kTooLarge:
        text = "Request body is larger than allowed.";
        break;
      case http::BodyError::kMalformed:
        text = "Request body is malformed.";
        break;
      case http::BodyError::kTimeout:
        text = "Request body did not arrive in time.";
        break;
      case http::BodyError::kCancelled:
        text = "Body was cancelled.";
        break;
      case http::BodyError::kFailed:
        text = "Body could not be read.";
        break;
    }
  }
  bool is_type_error = error == http::BodyError::kTooLarge || error == http::BodyError::kMalformed;
  Throw(isolate, is_type_error ? TypeError(std::move(text)).error() : PlainError(std::move(text)).error());
}

// Reads a body to its end, in C++, for text() and its kin. Deletes itself when it is done.
class Collector final : public runtime::AwaitIo, public http::BodySink {
 public:
  static Result<v8::Local<v8::Value>> Start(Cx& cx, runtime::Invocation* invocation, http::Ref<http::BodySource> source,
                                            Want want) {
    auto* self = new Collector(std::move(source), want);
    if (!self->Begin(cx.context, invocation)) {
      delete self;
      return Pending();
    }
    v8::Local<v8::Promise> promise = self->promise(cx.isolate);
    if (auto length = self->source_->length()) self->bytes_.reserve(std::min<uint64_t>(*length, 1 << 20));
    self->PullAll();
    return promise.As<v8::Value>();
  }

  void OnChunk(http::Bytes chunk) override {
    bytes_.append(chunk.view());
    pulled_ = true;
    if (!pulling_) PullAll();
  }
  void OnEnd() override {
    Settle([this](runtime::JsEntry& entry) { return MakeValue(entry.isolate(), entry.context(), bytes_, want_); });
    Done();
  }
  void OnError(http::BodyError error, std::string_view message) override {
    Settle([&](runtime::JsEntry& entry) {
      ThrowBodyError(entry.isolate(), error, message);
      return v8::MaybeLocal<v8::Value>();
    });
    Done();
  }
  void OnInvocationEnd() override {
    source_->Cancel();
    Done();
  }

 private:
  Collector(http::Ref<http::BodySource> source, Want want) : source_(std::move(source)), want_(want) {}

  void PullAll() {
    pulling_ = true;
    do {
      pulled_ = false;
      source_->Pull(this);
    } while (pulled_ && !done_);
    pulling_ = false;
    if (done_) delete this;
  }
  void Done() {
    done_ = true;
    if (!pulling_) delete this;
  }

  http::Ref<http::BodySource> source_;
  const Want want_;
  std::string bytes_;
  bool pulling_ = false;
  bool pulled_ = false;
  bool done_ = false;
};

// One chunk for a ReadableStream.
class ChunkPull final : public runtime::AwaitIo, public http::BodySink {
 public:
  static Result<v8::Local<v8::Value>> Start(Cx& cx, runtime::Invocation* invocation,
                                            const http::Ref<http::BodySource>& source) {
    auto* self = new ChunkPull(source);
    if (!self->Begin(cx.context, invocation)) {
      delete self;
      return Pending();
    }
    v8::Local<v8::Promise> promise = self->promise(cx.isolate);
    self->source_->Pull(self);
    return promise.As<v8::Value>();
  }

  void OnChunk(http::Bytes chunk) override {
    Settle([&](runtime::JsEntry& entry) -> v8::MaybeLocal<v8::Value> {
      v8::Local<v8::Uint8Array> array;
      if (!NewUint8Array(entry.isolate(), chunk.view()).ToLocal(&array)) return {};
      return array.As<v8::Value>();
    });
    delete this;
  }
  void OnEnd() override {
    Settle([](runtime::JsEntry& entry) -> v8::MaybeLocal<v8::Value> {
      return v8::Undefined(entry.isolate()).As<v8::Value>();
    });
    delete this;
  }
  void OnError(http::BodyError error, std::string_view message) override {
    Settle([&](runtime::JsEntry& entry) {
      ThrowBodyError(entry.isolate(), error, message);
      return v8::MaybeLocal<v8::Value>();
    });
    delete this;
  }
  void OnInvocationEnd() override {
    source_->Cancel();
    delete this;
  }

 private:
  explicit ChunkPull(http::Ref<http::BodySource> source) : source_(std::move(source)) {}
  http::Ref<http::BodySource> source_;
};

Result<v8::Local<v8::Value>> Resolved(Cx& cx, v8::MaybeLocal<v8::Value> maybe) {
  v8::Local<v8::Value> value;
  v8::Local<v8::Promise::Resolver> resolver;
  if (!maybe.ToLocal(&value) || !v8::Promise::Resolver::New(cx.context).ToLocal(&resolver)) return Pending();
  if (resolver->Resolve(cx.context, value).IsNothing()) return Pending();
  return resolver->GetPromise().As<v8::Value>();
}

// https://fetch.spec.whatwg.org/#concept-body-consume-body
Result<v8::Local<v8::Value>> Consume(Cx& cx, Want want) {
  v8::Local<v8::Object> owner = cx.self;
  if (auto usable = RequireUsableBody(cx, owner); !usable) return std::unexpected(usable.error());
  v8::Local<v8::Value> body = GetSlot(owner, kBodySlot);
  if (body->IsNullOrUndefined()) return Resolved(cx, MakeValue(cx.isolate, cx.context, "", want));
  if (body->IsString()) {
    SetFlags(cx.isolate, owner, Flags(owner) | kUsedFlag);
    std::string utf8 = ToUtf8(cx.isolate, body.As<v8::String>());
    return Resolved(cx, MakeValue(cx.isolate, cx.context, utf8, want));
  }
  if (body->IsArrayBuffer()) {
    SetFlags(cx.isolate, owner, Flags(owner) | kUsedFlag);
    return Resolved(cx, MakeValue(cx.isolate, cx.context, ViewOf(body), want));
  }
  if (auto* native = Unwrap<NativeBody>(body)) {
    auto invocation = RequireInvocation(cx);
    if (!invocation) return std::unexpected(invocation.error());
    SetFlags(cx.isolate, owner, Flags(owner) | kUsedFlag);
    return Collector::Start(cx, *invocation, native->Take(), want);
  }
  v8::Local<v8::Value> arguments[] = {body, v8::Integer::New(cx.isolate, static_cast<int>(want))};
  v8::Local<v8::Value> promise;
  if (!cx.realm().CallInternal(cx.context, Name::kConsumeStream, arguments).ToLocal(&promise)) return Pending();
  return promise;
}

// internal.consumeStream ends here: the bytes of a stream become what was asked for.
Result<v8::Local<v8::Value>> ConvertBody(Cx& cx, BufferSource bytes, int32_t want) {
  v8::Local<v8::Value> value;
  if (want < 0 || want > static_cast<int>(Want::kBytes)) return TypeError("bad kind of body");
  if (!MakeValue(cx.isolate, cx.context, ViewOf(bytes.object), static_cast<Want>(want)).ToLocal(&value)) {
    return Pending();
  }
  return value;
}

Result<bool> AskStream(Cx& cx, Name question, v8::Local<v8::Value> stream) {
  v8::Local<v8::Value> arguments[] = {stream};
  v8::Local<v8::Value> answer;
  if (!cx.realm().CallInternal(cx.context, question, arguments).ToLocal(&answer)) return Pending();
  return answer->BooleanValue(cx.isolate);
}

// Whether the slot holds neither plain data nor a NativeBody.
bool IsStream(v8::Local<v8::Value> body) {
  return body->IsObject() && !body->IsArrayBuffer() && !Unwrap<NativeBody>(body);
}

}  // namespace

constinit const GlobalFunction kBodyNatives[1] = {Function<"convertBody", &ConvertBody>()};

NativeBody::~NativeBody() {
  if (source_) source_->Cancel();
}

Result<v8::Local<v8::Value>> NativeBody::Pull(Cx& cx) {
  if (!source_) return TypeError(kUsedMessage);
  auto invocation = RequireInvocation(cx);
  if (!invocation) return std::unexpected(invocation.error());
  return ChunkPull::Start(cx, *invocation, source_);
}

void NativeBody::Cancel(Cx&, v8::Local<v8::Value>) {
  if (source_) source_->Cancel();
}

std::string_view ContentTypeOf(BodyType type) {
  switch (type) {
    case BodyType::kText:
      return "text/plain;charset=UTF-8";
    case BodyType::kForm:
      return "application/x-www-form-urlencoded;charset=UTF-8";
    case BodyType::kJson:
      return "application/json";
    case BodyType::kNone:
      break;
  }
  return "";
}

Result<BodyType> ExtractBody(Cx& cx, v8::Local<v8::Value> init, v8::Local<v8::Value>* body) {
  if (init->IsString()) {
    *body = init;
    return BodyType::kText;
  }
  if (init->IsArrayBuffer() || init->IsArrayBufferView()) {
    v8::Local<v8::ArrayBuffer> copy;
    if (!NewArrayBuffer(cx.isolate, ViewOf(init)).ToLocal(&copy)) return Pending();
    *body = copy;
    return BodyType::kNone;
  }
  if (auto* params = Unwrap<UrlSearchParams>(init)) {
    v8::Local<v8::String> text;
    if (!NewString(cx.isolate, params->Serialize()).ToLocal(&text)) return Pending();
    *body = text;
    return BodyType::kForm;
  }
  if (init->IsObject()) {
    auto is_stream = AskStream(cx, Name::kIsReadableStream, init);
    if (!is_stream) return std::unexpected(is_stream.error());
    if (*is_stream) {
      for (auto [question, message] :
           {std::pair{Name::kIsStreamDisturbed, kUsedMessage}, std::pair{Name::kIsStreamLocked, kLockedMessage}}) {
        auto answer = AskStream(cx, question, init);
        if (!answer) return std::unexpected(answer.error());
        if (*answer) return TypeError(message);
      }
      *body = init;
      return BodyType::kNone;
    }
  }
  v8::Local<v8::String> text;
  if (!init->ToString(cx.context).ToLocal(&text)) return Pending();
  *body = text;
  return BodyType::kText;
}

void SetBody(v8::Isolate* isolate, v8::Local<v8::Object> owner, v8::Local<v8::Value> body, BodyType type,
             uint16_t owner_bits) {
  SetSlot(owner, kBodySlot, body);
  SetFlags(isolate, owner, static_cast<int>(type) | owner_bits << kOwnerShift);
}

uint16_t OwnerBits(v8::Local<v8::Object> owner) { return static_cast<uint16_t>(Flags(owner) >> kOwnerShift); }

bool HasBody(v8::Local<v8::Object> owner) { return !GetSlot(owner, kBodySlot)->IsNullOrUndefined(); }

BodyType BodyTypeOf(v8::Local<v8::Object> owner) { return static_cast<BodyType>(Flags(owner) & kTypeMask); }

std::optional<bool> IsBodyUsed(Cx& cx, v8::Local<v8::Object> owner) {
  if (Flags(owner) & kUsedFlag) return true;
  v8::Local<v8::Value> body = GetSlot(owner, kBodySlot);
  if (!IsStream(body)) return false;
  auto disturbed = AskStream(cx, Name::kIsStreamDisturbed, body);
  if (!disturbed) return std::nullopt;
  return *disturbed;
}

Result<> RequireUsableBody(Cx& cx, v8::Local<v8::Object> owner) {
  std::optional<bool> used = IsBodyUsed(cx, owner);
  if (!used) return Pending();
  if (*used) return TypeError(kUsedMessage);
  v8::Local<v8::Value> body = GetSlot(owner, kBodySlot);
  if (!IsStream(body)) return {};
  auto locked = AskStream(cx, Name::kIsStreamLocked, body);
  if (!locked) return std::unexpected(locked.error());
  if (*locked) return TypeError(kLockedMessage);
  return {};
}

Result<v8::Local<v8::Value>> BodyStream(Cx& cx, v8::Local<v8::Object> owner) {
  v8::Local<v8::Value> body = GetSlot(owner, kBodySlot);
  if (body->IsNullOrUndefined()) return v8::Null(cx.isolate).As<v8::Value>();
  if (IsStream(body)) return body;
  bool used = (Flags(owner) & kUsedFlag) != 0;
  v8::Local<v8::Value> argument = body;
  Name maker = Name::kCreateNativeStream;
  if (!Unwrap<NativeBody>(body)) {
    maker = Name::kCreateStreamFromBytes;
    v8::Local<v8::Uint8Array> bytes;
    bool made = false;
    if (body->IsString()) {
      made = NewUint8Array(cx.isolate, ToUtf8(cx.isolate, body.As<v8::String>())).ToLocal(&bytes);
    } else {
      // Readers may transfer the buffer away, and a clone may share it.
      made = NewUint8Array(cx.isolate, ViewOf(body)).ToLocal(&bytes);
    }
    if (!made) return Pending();
    argument = bytes;
  }
  v8::Local<v8::Value> arguments[] = {argument};
  v8::Local<v8::Value> stream;
  if (!cx.realm().CallInternal(cx.context, maker, arguments).ToLocal(&stream)) return Pending();
  if (used) {
    // Read before anybody asked for the stream: what is shown now is a stream that was read to its end.
    v8::Local<v8::Value> taken[] = {stream};
    if (cx.realm().CallInternal(cx.context, Name::kExhaustStream, taken).IsEmpty()) return Pending();
  }
  SetSlot(owner, kBodySlot, stream);
  return stream;
}

Result<> CloneBody(Cx& cx, v8::Local<v8::Object> owner, v8::Local<v8::Object> copy) {
  if (auto usable = RequireUsableBody(cx, owner); !usable) return usable;
  v8::Local<v8::Value> body = GetSlot(owner, kBodySlot);
  SetSlot(copy, kBodyFlagsSlot, GetSlot(owner, kBodyFlagsSlot));
  if (body->IsNullOrUndefined() || body->IsString() || body->IsArrayBuffer()) {
    SetSlot(copy, kBodySlot, body);
    return {};
  }
  auto stream = BodyStream(cx, owner);
  if (!stream) return std::unexpected(stream.error());
  v8::Local<v8::Value> arguments[] = {*stream};
  v8::Local<v8::Value> branches;
  v8::Local<v8::Value> first;
  v8::Local<v8::Value> second;
  if (!cx.realm().CallInternal(cx.context, Name::kTeeStream, arguments).ToLocal(&branches) || !branches->IsArray() ||
      !branches.As<v8::Array>()->Get(cx.context, 0).ToLocal(&first) ||
      !branches.As<v8::Array>()->Get(cx.context, 1).ToLocal(&second)) {
    return Pending();
  }
  SetSlot(owner, kBodySlot, first);
  SetSlot(copy, kBodySlot, second);
  return {};
}

Result<> MoveBody(Cx& cx, v8::Local<v8::Object> from, v8::Local<v8::Object> to) {
  if (auto usable = RequireUsableBody(cx, from); !usable) return usable;
  v8::Local<v8::Value> body = GetSlot(from, kBodySlot);
  if (body->IsNullOrUndefined()) return {};
  if (IsStream(body)) {
    // The old owner keeps a stream that is locked and disturbed, the new one reads through a fresh one.
    v8::Local<v8::Value> arguments[] = {body};
    v8::Local<v8::Value> moved;
    if (!cx.realm().CallInternal(cx.context, Name::kMoveStream, arguments).ToLocal(&moved)) return Pending();
    SetBody(cx.isolate, to, moved, BodyTypeOf(from));
  } else {
    SetBody(cx.isolate, to, body, BodyTypeOf(from));
    if (auto* native = Unwrap<NativeBody>(body)) {
      v8::Local<v8::Object> moved;
      if (!NewObject(cx.isolate, std::make_unique<NativeBody>(native->Take())).ToLocal(&moved)) return Pending();
      SetSlot(to, kBodySlot, moved);
    }
  }
  SetFlags(cx.isolate, from, Flags(from) | kUsedFlag);
  return {};
}

Result<v8::Local<v8::Value>> BodyText(Cx& cx) { return Consume(cx, Want::kText); }
Result<v8::Local<v8::Value>> BodyJson(Cx& cx) { return Consume(cx, Want::kJson); }
Result<v8::Local<v8::Value>> BodyArrayBuffer(Cx& cx) { return Consume(cx, Want::kArrayBuffer); }
Result<v8::Local<v8::Value>> BodyBytes(Cx& cx) { return Consume(cx, Want::kBytes); }
Result<v8::Local<v8::Value>> GetBody(Cx& cx) { return BodyStream(cx, cx.self); }

Result<bool> GetBodyUsed(Cx& cx) {
  if (!HasBody(cx.self)) return false;
  std::optional<bool> used = IsBodyUsed(cx, cx.self);
  if (!used) return Pending();
  return *used;
}

Result<OutgoingBody> TakeBody(Cx& cx, v8::Local<v8::Object> owner) {
  OutgoingBody out;
  v8::Local<v8::Value> body = GetSlot(owner, kBodySlot);
  if (body->IsNullOrUndefined()) return out;
  if (body->IsString()) [[likely]] {
    int flags = Flags(owner);
    if (flags & kUsedFlag) return TypeError(kUsedMessage);
    SetFlags(cx.isolate, owner, flags | kUsedFlag);
    out.kind = OutgoingBody::Kind::kString;
    out.string = body.As<v8::String>();
    return out;
  }
  if (auto usable = RequireUsableBody(cx, owner); !usable) return std::unexpected(usable.error());
  SetFlags(cx.isolate, owner, Flags(owner) | kUsedFlag);
  if (body->IsArrayBuffer()) {
    out.kind = OutgoingBody::Kind::kBytes;
    out.bytes = body;
  } else if (auto* native = Unwrap<NativeBody>(body)) {
    out.kind = OutgoingBody::Kind::kSource;
    out.source = native->Take();
  } else {
    v8::Local<v8::Value> arguments[] = {body};
    v8::Local<v8::Value> taken;
    if (!cx.realm().CallInternal(cx.context, Name::kTakeNativeSource, arguments).ToLocal(&taken)) return Pending();
    if (auto* unread = Unwrap<NativeBody>(taken)) {
      out.kind = OutgoingBody::Kind::kSource;
      out.source = unread->Take();
    } else {
      out.kind = OutgoingBody::Kind::kStream;
      out.stream = body.As<v8::Object>();
    }
  }
  if (out.kind == OutgoingBody::Kind::kSource && !out.source) return TypeError(kUsedMessage);
  return out;
}

}  // namespace verge::bindings
