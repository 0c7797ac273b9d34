#include "bindings/fetch/body_read.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "bindings/blob/blob.h"
#include "bindings/core/invocation_scope.h"
#include "bindings/fetch/body.h"
#include "bindings/fetch/mime_type.h"
#include "bindings/fetch/request.h"
#include "bindings/fetch/response.h"
#include "bindings/formdata/form_data.h"
#include "runtime/await_io.h"

namespace verge::bindings {
namespace {

// What a consumer wants the bytes as.
enum class Want : uint8_t { kText, kJson, kArrayBuffer, kBytes, kBlob, kFormData };

// "UTF-8 decode": without the byte order mark.
std::string_view WithoutBom(std::string_view utf8) { return utf8.starts_with("\xef\xbb\xbf") ? utf8.substr(3) : utf8; }

template <typename T>
Result<v8::Local<v8::Value>> ToResult(v8::MaybeLocal<T> maybe) {
  v8::Local<T> value;
  if (!maybe.ToLocal(&value)) return Pending();
  return value.template As<v8::Value>();
}

Result<v8::Local<v8::Value>> ParseJson(Cx& cx, v8::MaybeLocal<v8::String> maybe) {
  v8::Local<v8::String> text;
  if (!maybe.ToLocal(&text)) return Pending();
  return ToResult(v8::JSON::Parse(cx.context, text));
}

// Content as a blob has it. `content_type` is the combined value of the owner's headers of that name.
Result<v8::Local<v8::Value>> MakeValue(Cx& cx, const RopeSlice& content, Want want, std::string_view content_type) {
  switch (want) {
    case Want::kText:
      return ToResult(ReadAsText(cx.isolate, content));
    case Want::kJson:
      return ParseJson(cx, ReadAsText(cx.isolate, content));
    case Want::kArrayBuffer:
      return ToResult(ReadAsArrayBuffer(cx.isolate, content));
    case Want::kBytes:
      return ToResult(ReadAsBytes(cx.isolate, content));
    case Want::kBlob: {
      std::optional<MimeType> type = ExtractMimeType(content_type);
      return ToResult(Blob::New(cx.isolate, {content, type ? type->Serialize() : std::string()}));
    }
    case Want::kFormData: {
      Result<v8::Local<v8::Object>> form = FormData::Parse(cx, content_type, content);
      if (!form) return std::unexpected(std::move(form).error());
      return form->As<v8::Value>();
    }
  }
  return Pending();
}

// The same for bytes in one piece.
Result<v8::Local<v8::Value>> MakeValue(Cx& cx, std::string_view bytes, Want want, std::string_view content_type) {
  switch (want) {
    case Want::kText:
      return ToResult(NewString(cx.isolate, WithoutBom(bytes)));
    case Want::kJson:
      return ParseJson(cx, NewString(cx.isolate, WithoutBom(bytes)));
    case Want::kArrayBuffer:
      return ToResult(NewArrayBuffer(cx.isolate, bytes));
    case Want::kBytes:
      return ToResult(NewUint8Array(cx.isolate, bytes));
    case Want::kBlob:
    case Want::kFormData:
      break;
  }
  RopeBuilder builder(BlobStore::From(cx.isolate).account());
  builder.Append(bytes);
  return MakeValue(cx, builder.Finish(), want, content_type);
}

// The same for bytes that blobs may keep.
Result<v8::Local<v8::Value>> MakeValueOf(Cx& cx, std::string bytes, Want want, std::string_view content_type) {
  if (want != Want::kBlob && want != Want::kFormData) {
    return MakeValue(cx, std::string_view(bytes), want, content_type);
  }
  RopeBuilder builder(BlobStore::From(cx.isolate).account());
  builder.Take(std::move(bytes));
  return MakeValue(cx, builder.Finish(), want, content_type);
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
                                            Want want, std::string content_type) {
    auto* self = new Collector(std::move(source), want, std::move(content_type));
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
    Settle([this](runtime::JsEntry& entry) -> v8::MaybeLocal<v8::Value> {
      Cx cx{entry.isolate(), entry.context(), "", "", {}, v8::Undefined(entry.isolate())};
      Result<v8::Local<v8::Value>> value = MakeValueOf(cx, std::move(bytes_), want_, content_type_);
      if (value) return *value;
      Throw(cx.isolate, value.error());
      return {};
    });
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
  Collector(http::Ref<http::BodySource> source, Want want, std::string content_type)
      : source_(std::move(source)), want_(want), content_type_(std::move(content_type)) {}

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
  const std::string content_type_;
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

// "Get the MIME type": the headers it is made from.
std::string ContentTypeHeader(v8::Local<v8::Object> owner) {
  std::optional<std::string> value;
  if (IsInstance(owner, Request::kSpec)) {
    value = Request::FindHeader(owner, "content-type");
  } else if (IsInstance(owner, Response::kSpec)) {
    if (Headers* headers = Response::HeadersOf(owner)) {
      value = headers->Find("content-type");
    } else if (HasBody(owner)) {
      value = ContentTypeOf(BodyTypeOf(owner));
    }
  }
  return value ? *std::move(value) : std::string();
}

Result<v8::Local<v8::Value>> Resolved(Cx& cx, Result<v8::Local<v8::Value>> value) {
  if (!value) return value;
  v8::Local<v8::Promise::Resolver> resolver;
  if (!v8::Promise::Resolver::New(cx.context).ToLocal(&resolver)) return Pending();
  if (resolver->Resolve(cx.context, *value).IsNothing()) return Pending();
  return resolver->GetPromise().As<v8::Value>();
}

Result<runtime::Invocation*> RequireReader(Cx& cx, const NativeBody& body) {
  return body.owner() == 0 ? RequireInvocation(cx) : RequireOwner(cx, body.owner(), "Body");
}

// https://fetch.spec.whatwg.org/#concept-body-consume-body
Result<v8::Local<v8::Value>> Consume(Cx& cx, Want want) {
  v8::Local<v8::Object> owner = cx.self;
  if (auto usable = RequireUsableBody(cx, owner); !usable) return std::unexpected(usable.error());
  std::string content_type;
  if (want == Want::kBlob || want == Want::kFormData) content_type = ContentTypeHeader(owner);
  v8::Local<v8::Value> body = GetSlot(owner, kBodySlot);
  if (body->IsNullOrUndefined()) return Resolved(cx, MakeValue(cx, std::string_view(), want, content_type));
  if (body->IsString()) {
    MarkBodyUsed(cx.isolate, owner);
    return Resolved(cx, MakeValueOf(cx, ToUtf8(cx.isolate, body.As<v8::String>()), want, content_type));
  }
  if (body->IsArrayBuffer()) {
    MarkBodyUsed(cx.isolate, owner);
    return Resolved(cx, MakeValue(cx, ViewOf(body), want, content_type));
  }
  if (auto* native = Unwrap<NativeBody>(body)) {
    auto invocation = RequireReader(cx, *native);
    if (!invocation) return std::unexpected(invocation.error());
    MarkBodyUsed(cx.isolate, owner);
    return Collector::Start(cx, *invocation, native->Take(), want, std::move(content_type));
  }
  if (auto* blob = Unwrap<Blob>(body)) {
    MarkBodyUsed(cx.isolate, owner);
    return Resolved(cx, MakeValue(cx, blob->data(), want, content_type));
  }
  v8::Local<v8::String> header;
  if (!NewOneByteString(cx.isolate, content_type).ToLocal(&header)) return Pending();
  v8::Local<v8::Value> arguments[] = {body, v8::Integer::New(cx.isolate, static_cast<int>(want)), header};
  v8::Local<v8::Value> promise;
  if (!cx.realm().CallInternal(cx.context, Name::kConsumeStream, arguments).ToLocal(&promise)) return Pending();
  return promise;
}

// internal.consumeStream ends here: the bytes of a stream become what was asked for.
Result<v8::Local<v8::Value>> ConvertBody(Cx& cx, BufferSource bytes, int32_t want, ByteString content_type) {
  if (want < 0 || want > static_cast<int>(Want::kFormData)) return TypeError("bad kind of body");
  return MakeValue(cx, ViewOf(bytes.object), static_cast<Want>(want), content_type.value);
}

// Who alone may read a stream that is made from `source`; 0: anyone.
uint32_t BodyOwner(Cx&, v8::Local<v8::Value> source) {
  const auto* body = Unwrap<NativeBody>(source);
  return body ? body->owner() : 0;
}

}  // namespace

constinit const GlobalFunction kBodyNatives[2] = {Function<"convertBody", &ConvertBody>(),
                                                  Function<"bodyOwner", &BodyOwner>()};

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

std::string_view ViewOf(v8::Local<v8::Value> bytes) {
  std::span<uint8_t> span = BufferSource{bytes}.bytes();
  return {reinterpret_cast<const char*>(span.data()), span.size()};
}

NativeBody::~NativeBody() {
  if (source_) source_->Cancel();
}

Result<v8::Local<v8::Value>> NativeBody::Pull(Cx& cx) {
  if (!source_) return TypeError(kBodyUsedMessage);
  auto invocation = RequireReader(cx, *this);
  if (!invocation) return std::unexpected(invocation.error());
  return ChunkPull::Start(cx, *invocation, source_);
}

void NativeBody::Cancel(Cx&, v8::Local<v8::Value>) {
  if (source_) source_->Cancel();
}

Result<v8::Local<v8::Value>> BodyText(Cx& cx) { return Consume(cx, Want::kText); }
Result<v8::Local<v8::Value>> BodyJson(Cx& cx) { return Consume(cx, Want::kJson); }
Result<v8::Local<v8::Value>> BodyArrayBuffer(Cx& cx) { return Consume(cx, Want::kArrayBuffer); }
Result<v8::Local<v8::Value>> BodyBytes(Cx& cx) { return Consume(cx, Want::kBytes); }
Result<v8::Local<v8::Value>> BodyBlob(Cx& cx) { return Consume(cx, Want::kBlob); }
Result<v8::Local<v8::Value>> BodyFormData(Cx& cx) { return Consume(cx, Want::kFormData); }

}  // namespace verge::bindings
