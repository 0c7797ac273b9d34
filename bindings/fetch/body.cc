#include "bindings/fetch/body.h"

#include <utility>

#include "bindings/blob/blob.h"
#include "bindings/core/invocation_scope.h"
#include "bindings/fetch/body_read.h"
#include "bindings/fetch/tee_source.h"
#include "bindings/formdata/form_data.h"
#include "bindings/url/url_search_params.h"

namespace verge::bindings {
namespace {

constexpr int kUsedFlag = 0x100;
constexpr int kTypeMask = 0xff;
constexpr int kOwnerShift = 16;  // for 15 bits: the sign bit stays clear

constexpr char kLockedMessage[] = "This ReadableStream is currently locked to a reader.";

int Flags(v8::Local<v8::Object> owner) {
  v8::Local<v8::Value> flags = GetSlot(owner, kBodyFlagsSlot);
  return flags->IsInt32() ? flags.As<v8::Int32>()->Value() : 0;
}

void SetFlags(v8::Isolate* isolate, v8::Local<v8::Object> owner, int flags) {
  SetSlot(owner, kBodyFlagsSlot, v8::Integer::New(isolate, flags));
}

Result<bool> AskStream(Cx& cx, Name question, v8::Local<v8::Value> stream) {
  v8::Local<v8::Value> arguments[] = {stream};
  v8::Local<v8::Value> answer;
  if (!cx.realm().CallInternal(cx.context, question, arguments).ToLocal(&answer)) return Pending();
  return answer->BooleanValue(cx.isolate);
}

// Whether the slot holds neither plain data nor a NativeBody nor a Blob.
bool IsStream(v8::Local<v8::Value> body) {
  return body->IsObject() && !body->IsArrayBuffer() && !Unwrap<NativeBody>(body) && !Unwrap<Blob>(body);
}

// Sends content without JavaScript.
void SendContent(OutgoingBody* out, RopeSlice content) {
  out->kind = OutgoingBody::Kind::kSource;
  out->source = http::MakeRef<RopeSource>(std::move(content));
}

}  // namespace

std::string_view ContentTypeOf(BodyType type) {
  switch (type) {
    case BodyType::kText:
      return "text/plain;charset=UTF-8";
    case BodyType::kForm:
      return "application/x-www-form-urlencoded;charset=UTF-8";
    case BodyType::kJson:
      return "application/json";
    case BodyType::kBlob:
    case BodyType::kNone:
      break;
  }
  return "";
}

std::string_view ContentTypeOf(BodyType type, v8::Local<v8::Value> body) {
  if (type != BodyType::kBlob) return ContentTypeOf(type);
  auto* blob = Unwrap<Blob>(body);
  return blob ? std::string_view(blob->type()) : std::string_view();
}

void MarkBodyUsed(v8::Isolate* isolate, v8::Local<v8::Object> owner) {
  SetFlags(isolate, owner, Flags(owner) | kUsedFlag);
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
  if (auto* blob = Unwrap<Blob>(init)) {
    *body = init;
    return blob->type().empty() ? BodyType::kNone : BodyType::kBlob;
  }
  if (auto* form = Unwrap<FormData>(init)) {
    Result<BlobContent> content = form->Serialize(cx);
    if (!content) return std::unexpected(std::move(content).error());
    v8::Local<v8::Object> blob;
    if (!Blob::New(cx.isolate, *std::move(content)).ToLocal(&blob)) return Pending();
    *body = blob;
    return BodyType::kBlob;
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
           {std::pair{Name::kIsStreamDisturbed, kBodyUsedMessage}, std::pair{Name::kIsStreamLocked, kLockedMessage}}) {
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

void SetOwnerBits(v8::Isolate* isolate, v8::Local<v8::Object> owner, uint16_t bits) {
  SetFlags(isolate, owner, (Flags(owner) & ((1 << kOwnerShift) - 1)) | bits << kOwnerShift);
}

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
  if (*used) return TypeError(kBodyUsedMessage);
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
  if (auto* blob = Unwrap<Blob>(body)) {
    v8::Local<v8::Object> source;
    if (!NewObject(cx.isolate, std::make_unique<BlobStreamSource>(blob->data())).ToLocal(&source)) return Pending();
    argument = source;
  } else if (!Unwrap<NativeBody>(body)) {
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

namespace {

// One that arrives for an invocation is of no use in another.
Result<> RequireOwnBody(Cx& cx, const NativeBody& body) {
  if (body.owner() == 0) return {};
  if (auto invocation = RequireOwner(cx, body.owner(), "Body"); !invocation) {
    return std::unexpected(invocation.error());
  }
  return {};
}

// A body that comes from a socket or a cache and that JavaScript has not looked into is teed below it. False: it is
// none.
Result<bool> TeeNative(Cx& cx, v8::Local<v8::Value> body, v8::Local<v8::Object> owner, v8::Local<v8::Object> copy) {
  auto* native = Unwrap<NativeBody>(body);
  if (!native) {
    v8::Local<v8::Value> arguments[] = {body};
    v8::Local<v8::Value> taken;
    if (!cx.realm().CallInternal(cx.context, Name::kTakeNativeSourceToTee, arguments).ToLocal(&taken)) return Pending();
    if (auto* content = Unwrap<BlobStreamSource>(taken)) {
      // Blobs are shared without a tee: two streams of the same bytes.
      RopeSlice data = content->Take();
      for (v8::Local<v8::Object> each : {owner, copy}) {
        v8::Local<v8::Object> source;
        v8::Local<v8::Value> stream;
        if (!NewObject(cx.isolate, std::make_unique<BlobStreamSource>(data)).ToLocal(&source)) return Pending();
        v8::Local<v8::Value> argument[] = {source};
        if (!cx.realm().CallInternal(cx.context, Name::kCreateNativeStream, argument).ToLocal(&stream))
          return Pending();
        SetSlot(each, kBodySlot, stream);
      }
      return true;
    }
    native = Unwrap<NativeBody>(taken);
    if (!native) return false;
  }
  if (auto own = RequireOwnBody(cx, *native); !own) return std::unexpected(own.error());
  http::Ref<http::BodySource> source = native->Take();
  if (!source) return TypeError(kBodyUsedMessage);
  auto [first, second] = TeeBody(std::move(source), cx.realm().worker()->limits().heap_bytes);
  for (auto& [each, branch] : {std::pair{owner, first}, std::pair{copy, second}}) {
    v8::Local<v8::Object> wrapper;
    if (!NewObject(cx.isolate, std::make_unique<NativeBody>(branch, native->owner())).ToLocal(&wrapper))
      return Pending();
    SetSlot(each, kBodySlot, wrapper);
  }
  return true;
}

}  // namespace

Result<> CloneBody(Cx& cx, v8::Local<v8::Object> owner, v8::Local<v8::Object> copy) {
  if (auto usable = RequireUsableBody(cx, owner); !usable) return usable;
  v8::Local<v8::Value> body = GetSlot(owner, kBodySlot);
  SetSlot(copy, kBodyFlagsSlot, GetSlot(owner, kBodyFlagsSlot));
  if (body->IsNullOrUndefined() || body->IsString() || body->IsArrayBuffer() || Unwrap<Blob>(body)) {
    SetSlot(copy, kBodySlot, body);
    return {};
  }
  auto teed = TeeNative(cx, body, owner, copy);
  if (!teed) return std::unexpected(teed.error());
  if (*teed) return {};
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
    SetBody(cx.isolate, to, moved, BodyTypeOf(from), OwnerBits(to));
  } else {
    SetBody(cx.isolate, to, body, BodyTypeOf(from), OwnerBits(to));
    if (auto* native = Unwrap<NativeBody>(body)) {
      v8::Local<v8::Object> moved;
      if (!NewObject(cx.isolate, std::make_unique<NativeBody>(native->Take(), native->owner())).ToLocal(&moved))
        return Pending();
      SetSlot(to, kBodySlot, moved);
    }
  }
  MarkBodyUsed(cx.isolate, from);
  return {};
}

Result<v8::Local<v8::Value>> GetBody(Cx& cx) { return BodyStream(cx, cx.self); }

Result<bool> GetBodyUsed(Cx& cx) {
  if (!HasBody(cx.self)) return false;
  std::optional<bool> used = IsBodyUsed(cx, cx.self);
  if (!used) return Pending();
  return *used;
}

namespace {

// The C++ source behind a stream that nobody has read from, or else the stream.
Result<> TakeUsableStream(Cx& cx, v8::Local<v8::Object> stream, OutgoingBody* out) {
  v8::Local<v8::Value> arguments[] = {stream};
  v8::Local<v8::Value> taken;
  if (!cx.realm().CallInternal(cx.context, Name::kTakeNativeSource, arguments).ToLocal(&taken)) return Pending();
  if (auto* unread = Unwrap<NativeBody>(taken)) {
    out->kind = OutgoingBody::Kind::kSource;
    out->source = unread->Take();
  } else if (auto* content = Unwrap<BlobStreamSource>(taken)) {
    SendContent(out, content->Take());
  } else {
    out->kind = OutgoingBody::Kind::kStream;
    out->stream = stream;
  }
  return {};
}

}  // namespace

Result<bool> IsReadableStream(Cx& cx, v8::Local<v8::Value> value) {
  if (!value->IsObject()) return false;
  return AskStream(cx, Name::kIsReadableStream, value);
}

Result<OutgoingBody> TakeStream(Cx& cx, v8::Local<v8::Object> stream) {
  for (auto [question, message] :
       {std::pair{Name::kIsStreamDisturbed, kBodyUsedMessage}, std::pair{Name::kIsStreamLocked, kLockedMessage}}) {
    auto answer = AskStream(cx, question, stream);
    if (!answer) return std::unexpected(answer.error());
    if (*answer) return TypeError(message);
  }
  OutgoingBody out;
  if (auto taken = TakeUsableStream(cx, stream, &out); !taken) return std::unexpected(taken.error());
  if (out.kind == OutgoingBody::Kind::kSource && !out.source) return TypeError(kBodyUsedMessage);
  return out;
}

Result<OutgoingBody> TakeBody(Cx& cx, v8::Local<v8::Object> owner) {
  OutgoingBody out;
  v8::Local<v8::Value> body = GetSlot(owner, kBodySlot);
  if (body->IsNullOrUndefined()) return out;
  if (body->IsString()) [[likely]] {
    int flags = Flags(owner);
    if (flags & kUsedFlag) return TypeError(kBodyUsedMessage);
    SetFlags(cx.isolate, owner, flags | kUsedFlag);
    out.kind = OutgoingBody::Kind::kString;
    out.string = body.As<v8::String>();
    return out;
  }
  if (auto usable = RequireUsableBody(cx, owner); !usable) return std::unexpected(usable.error());
  if (auto* native = Unwrap<NativeBody>(body)) {
    if (auto own = RequireOwnBody(cx, *native); !own) return std::unexpected(own.error());
  }
  MarkBodyUsed(cx.isolate, owner);
  if (body->IsArrayBuffer()) {
    out.kind = OutgoingBody::Kind::kBytes;
    out.bytes = body;
  } else if (auto* native = Unwrap<NativeBody>(body)) {
    out.kind = OutgoingBody::Kind::kSource;
    out.source = native->Take();
  } else if (auto* blob = Unwrap<Blob>(body)) {
    SendContent(&out, blob->data());
  } else if (auto taken = TakeUsableStream(cx, body.As<v8::Object>(), &out); !taken) {
    return std::unexpected(taken.error());
  }
  if (out.kind == OutgoingBody::Kind::kSource && !out.source) return TypeError(kBodyUsedMessage);
  return out;
}

}  // namespace verge::bindings
