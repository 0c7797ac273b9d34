#include "bindings/blob/blob.h"

#include <algorithm>
#include <string_view>

#include "bindings/core/function.h"
#include "bindings/core/strings.h"
#include "runtime/platform.h"

namespace verge::bindings {
namespace {

constexpr size_t kStreamChunk = 64 * 1024;

std::unexpected<Error> TooLarge(Cx& cx) {
  return std::unexpected(Error{ErrorKind::kRangeError, cx.Where() + ": The parts are too large for a Blob."});
}

// "Convert line endings to native": LF here.
void ConvertLineEndings(std::string* text) {
  size_t out = 0;
  for (size_t i = 0; i < text->size(); ++i) {
    char c = (*text)[i];
    if (c == '\r') {
      c = '\n';
      if (i + 1 < text->size() && (*text)[i + 1] == '\n') ++i;
    }
    (*text)[out++] = c;
  }
  text->resize(out);
}

// "Process blob parts"
Result<RopeSlice> ProcessParts(Cx& cx, const std::vector<BlobPart>& parts, bool native_endings) {
  BlobStore& store = BlobStore::From(cx.isolate);
  uint64_t limit = BlobStore::SizeLimit(cx.isolate);
  RopeBuilder builder(store.account());
  for (const BlobPart& part : parts) {
    if (const auto* source = std::get_if<BufferSource>(&part)) {
      builder.Append(std::span<const uint8_t>(source->bytes()));
    } else if (auto* const* blob = std::get_if<Blob*>(&part)) {
      builder.Append((*blob)->data());
    } else {
      std::string text = ToUtf8(cx.isolate, std::get<DomString>(part));
      if (native_endings) ConvertLineEndings(&text);
      builder.Take(std::move(text));
    }
    if (!builder.ok() || builder.copied() > limit) return TooLarge(cx);
  }
  return builder.Finish();
}

bool ReadEndings(Cx& cx, v8::Local<v8::Object> object, bool* native) {
  std::optional<std::string> endings;
  if (!ReadMember(cx, object, Name::kEndings, &endings)) return false;
  if (!endings || *endings == "transparent") return true;
  if (*endings != "native") {
    return cx.ThrowTypeError("The provided value '" + *endings + "' is not a valid enum value of type EndingType.");
  }
  *native = true;
  return true;
}

Result<v8::Local<v8::Value>> Resolved(Cx& cx, v8::Local<v8::Value> value) {
  v8::Local<v8::Promise::Resolver> resolver;
  if (!v8::Promise::Resolver::New(cx.context).ToLocal(&resolver)) return Pending();
  if (resolver->Resolve(cx.context, value).IsNothing()) return Pending();
  return resolver->GetPromise().As<v8::Value>();
}

// text(), arrayBuffer(), bytes(): the content is there, the promise is fulfilled at once.
template <auto kRead>
Result<v8::Local<v8::Value>> Read(Cx& cx) {
  auto* blob = Unwrap<Blob>(cx.self);
  if (!blob) return TypeError("Illegal invocation");
  auto maybe = kRead(cx.isolate, blob->data());
  if (maybe.IsEmpty()) return Pending();
  v8::Local<v8::Value> value;
  return maybe.ToLocal(&value) ? Resolved(cx, value) : Pending();
}

v8::MaybeLocal<v8::Object> Finish(v8::Isolate* isolate, v8::MaybeLocal<v8::Object> object) {
  return BlobStore::From(isolate).Admit(isolate) ? object : v8::MaybeLocal<v8::Object>();
}

}  // namespace

std::string NormalizeBlobType(std::string_view type) {
  std::string result(type);
  for (char& c : result) {
    if (c < 0x20 || c > 0x7e) return "";
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return result;
}

bool BlobPropertyBag::Read(Cx& cx, v8::Local<v8::Object> object, BlobPropertyBag* out) {
  std::string type;
  if (!ReadEndings(cx, object, &out->native_endings) || !ReadMember(cx, object, Name::kType, &type)) return false;
  out->type = NormalizeBlobType(type);
  return true;
}

bool FilePropertyBag::Read(Cx& cx, v8::Local<v8::Object> object, FilePropertyBag* out) {
  return BlobPropertyBag::Read(cx, object, out) && ReadMember(cx, object, Name::kLastModified, &out->last_modified);
}

Blob::~Blob() {
  // The content goes first: what it frees is what there is to report.
  content_ = {};
  BlobStore::From(isolate_).ReportDecrease(isolate_);
}

Result<std::unique_ptr<Blob>> Blob::Construct(Cx& cx, std::optional<std::vector<BlobPart>> parts,
                                              BlobPropertyBag options) {
  Result<RopeSlice> data = parts ? ProcessParts(cx, *parts, options.native_endings) : RopeSlice();
  if (!data) return std::unexpected(std::move(data).error());
  auto blob = std::make_unique<Blob>(cx.isolate, BlobContent{*std::move(data), std::move(options.type)});
  if (!BlobStore::From(cx.isolate).Admit(cx.isolate)) return Pending();
  return blob;
}

v8::MaybeLocal<v8::Object> Blob::New(v8::Isolate* isolate, BlobContent content) {
  return Finish(isolate, NewObject(isolate, std::make_unique<Blob>(isolate, std::move(content))));
}

v8::MaybeLocal<v8::Object> Blob::New(v8::Isolate* isolate, std::string bytes, std::string type) {
  RopeBuilder builder(BlobStore::From(isolate).account());
  builder.Take(std::move(bytes));
  return New(isolate, {builder.Finish(), std::move(type)});
}

v8::MaybeLocal<v8::Object> Blob::Duplicate(v8::Isolate* isolate) const {
  // Only File has an object of its own kind behind it.
  if (const auto* file = Unwrap<File>(wrapper(isolate))) {
    return File::New(isolate, content_, file->name(), file->last_modified());
  }
  return New(isolate, content_);
}

// https://w3c.github.io/FileAPI/#slice-blob
Result<v8::MaybeLocal<v8::Object>> Blob::Slice(Cx& cx, std::optional<Clamp<int64_t>> start,
                                               std::optional<Clamp<int64_t>> end, std::optional<std::string> type) {
  auto size = static_cast<int64_t>(data().size);
  auto relative = [size](int64_t position) {
    return position < 0 ? std::max<int64_t>(size + position, 0) : std::min(position, size);
  };
  int64_t from = start ? relative(start->value) : 0;
  int64_t to = std::max(from, end ? relative(end->value) : size);
  BlobContent part{data().Slice(static_cast<uint64_t>(from), static_cast<uint64_t>(to)),
                   type ? NormalizeBlobType(*type) : std::string()};
  // A slice of nothing keeps nothing alive.
  if (part.data.size == 0) part.data = {};
  return New(cx.isolate, std::move(part));
}

Result<v8::Local<v8::Value>> Blob::Stream(Cx& cx) {
  v8::Local<v8::Value> stream;
  if (!NewBlobStream(cx, data()).ToLocal(&stream)) return Pending();
  return stream;
}

Result<std::unique_ptr<File>> File::Construct(Cx& cx, std::vector<BlobPart> parts, std::string name,
                                              FilePropertyBag options) {
  Result<RopeSlice> data = ProcessParts(cx, parts, options.native_endings);
  if (!data) return std::unexpected(std::move(data).error());
  int64_t modified = options.last_modified.value_or(static_cast<int64_t>(runtime::ThreadClock::WallMs()));
  auto file = std::make_unique<File>(cx.isolate, BlobContent{*std::move(data), std::move(options.type)},
                                     std::move(name), modified);
  if (!BlobStore::From(cx.isolate).Admit(cx.isolate)) return Pending();
  return file;
}

v8::MaybeLocal<v8::Object> File::New(v8::Isolate* isolate, BlobContent content, std::string name,
                                     std::optional<int64_t> last_modified) {
  int64_t modified = last_modified.value_or(static_cast<int64_t>(runtime::ThreadClock::WallMs()));
  return Finish(isolate,
                NewObject(isolate, std::make_unique<File>(isolate, std::move(content), std::move(name), modified)));
}

v8::MaybeLocal<v8::String> ReadAsText(v8::Isolate* isolate, const RopeSlice& data) {
  if (data.size == 0) return v8::String::Empty(isolate);
  if (data.size > BlobStore::SizeLimit(isolate)) {
    Throw(isolate, RangeError("Invalid string length").error());
    return {};
  }
  auto decode = [isolate](std::string_view utf8) {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (utf8.starts_with(kByteOrderMark)) utf8.remove_prefix(kByteOrderMark.size());
    return NewString(isolate, utf8);
  };
  http::Bytes first = data.rope->At(data.offset, data.size);
  if (first.size() == data.size) return decode(first.view());
  return decode(data.ToString());
}

v8::MaybeLocal<v8::ArrayBuffer> ReadAsArrayBuffer(v8::Isolate* isolate, const RopeSlice& data) {
  if (data.size == 0) return v8::ArrayBuffer::New(isolate, 0);
  std::unique_ptr<v8::BackingStore> store;
  if (data.size <= BlobStore::SizeLimit(isolate)) {
    store = v8::ArrayBuffer::NewBackingStore(isolate, data.size, v8::BackingStoreInitializationMode::kUninitialized,
                                             v8::BackingStoreOnFailureMode::kReturnNull);
  }
  if (!store) {
    Throw(isolate, RangeError("Array buffer allocation failed").error());
    return {};
  }
  data.rope->CopyTo(data.offset, data.size, static_cast<uint8_t*>(store->Data()));
  return v8::ArrayBuffer::New(isolate, std::move(store));
}

v8::MaybeLocal<v8::Uint8Array> ReadAsBytes(v8::Isolate* isolate, const RopeSlice& data) {
  v8::Local<v8::ArrayBuffer> buffer;
  if (!ReadAsArrayBuffer(isolate, data).ToLocal(&buffer)) return {};
  return v8::Uint8Array::New(buffer, 0, buffer->ByteLength());
}

Result<v8::Local<v8::Value>> BlobStreamSource::Pull(Cx& cx) {
  if (data_.size == 0) {
    data_ = {};
    return v8::Undefined(cx.isolate).As<v8::Value>();
  }
  uint64_t count = std::min<uint64_t>(data_.size, kStreamChunk);
  v8::Local<v8::Uint8Array> chunk;
  if (!ReadAsBytes(cx.isolate, data_.Slice(0, count)).ToLocal(&chunk)) return Pending();
  data_ = data_.Slice(count, data_.size);
  return chunk.As<v8::Value>();
}

v8::MaybeLocal<v8::Value> NewBlobStream(Cx& cx, RopeSlice data) {
  v8::Local<v8::Object> source;
  if (!NewObject(cx.isolate, std::make_unique<BlobStreamSource>(std::move(data))).ToLocal(&source)) return {};
  v8::Local<v8::Value> arguments[] = {source};
  return cx.realm().CallInternal(cx.context, Name::kCreateNativeStream, arguments);
}

struct Blob::Members {
  using T = Table<Blob>;
  static constexpr Member kMembers[] = {
      T::Getter<"size", &Blob::Size>(),
      T::Getter<"type", &Blob::Type>(),
      T::Method<"slice", &Blob::Slice>(),
      T::Method<"stream", &Blob::Stream>(),
      T::AsyncMethod<"text", &Read<&ReadAsText>>(),
      T::AsyncMethod<"arrayBuffer", &Read<&ReadAsArrayBuffer>>(),
      T::AsyncMethod<"bytes", &Read<&ReadAsBytes>>(),
  };
  static constexpr v8::FunctionCallback kConstructor = T::Constructor<&Blob::Construct>();
};

constinit const ClassSpec Blob::kSpec = {
    .name = "Blob",
    .constructor = Members::kConstructor,
    .members = Members::kMembers,
    // https://w3c.github.io/FileAPI/#blob-section, "serialization steps": the content is shared. A File's as well.
    .clone = [](Cx& cx, v8::Local<v8::Object> object) -> v8::MaybeLocal<v8::Object> {
      auto* blob = Unwrap<Blob>(object);
      return blob ? blob->Duplicate(cx.isolate) : v8::MaybeLocal<v8::Object>();
    },
};

struct File::Members {
  using T = Table<File>;
  static constexpr Member kMembers[] = {
      T::Getter<"name", &File::name>(),
      T::Getter<"lastModified", &File::LastModified>(),
  };
  static constexpr v8::FunctionCallback kConstructor = T::Constructor<&File::Construct>();
};

constinit const ClassSpec File::kSpec = {
    .name = "File",
    .parent = &Blob::kSpec,
    .constructor = Members::kConstructor,
    .constructor_length = 2,
    .members = Members::kMembers,
};

namespace {
constexpr Member kSourceMembers[] = {
    Table<BlobStreamSource>::Method<"pull", &BlobStreamSource::Pull>(),
    Table<BlobStreamSource>::Method<"cancel", &BlobStreamSource::Cancel>(),
};
}  // namespace

constinit const ClassSpec BlobStreamSource::kSpec = {
    .name = "BlobStreamSource", .members = kSourceMembers, .exposed = false};

}  // namespace verge::bindings
