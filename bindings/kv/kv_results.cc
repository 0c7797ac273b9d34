#include "bindings/kv/kv_results.h"

#include <atomic>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "bindings/blob/blob.h"
#include "bindings/blob/blob_store.h"
#include "bindings/fetch/body_read.h"
#include "bindings/kv/kv_arguments.h"
#include "kv/cursor.h"
#include "kv/rules.h"

namespace verge::bindings {
namespace {

using Local = v8::Local<v8::Value>;

template <typename T>
Result<Local> ToResult(v8::MaybeLocal<T> maybe) {
  v8::Local<T> value;
  if (!maybe.ToLocal(&value)) return Pending();
  return value.template As<v8::Value>();
}

v8::MaybeLocal<v8::String> Text(Cx& cx, const kv::Value& value) {
  if (value.is_whole()) return NewString(cx.isolate, value.head);
  return NewString(cx.isolate, value.Join());
}

Result<Local> ParseJson(Cx& cx, v8::MaybeLocal<v8::String> text) {
  v8::Local<v8::String> json;
  if (!text.ToLocal(&json)) return Pending();
  return ToResult(v8::JSON::Parse(cx.context, json));
}

v8::MaybeLocal<v8::ArrayBuffer> Buffer(Cx& cx, const kv::Value& value) {
  if (value.is_whole()) return NewArrayBuffer(cx.isolate, value.head);
  auto store =
      v8::ArrayBuffer::NewBackingStore(cx.isolate, value.size(), v8::BackingStoreInitializationMode::kUninitialized,
                                       v8::BackingStoreOnFailureMode::kReturnNull);
  if (!store) {
    Throw(cx.isolate, RangeError("Array buffer allocation failed").error());
    return {};
  }
  auto* out = static_cast<char*>(store->Data());
  auto append = [&out](const std::string& piece) {
    std::memcpy(out, piece.data(), piece.size());
    out += piece.size();
  };
  append(value.head);
  for (const std::string& piece : value.rest) append(piece);
  return v8::ArrayBuffer::New(cx.isolate, std::move(store));
}

// Pieces become parts of a rope: read, sent and freed one by one, and charged to the worker until then.
Result<Local> Stream(Cx& cx, kv::ValuePtr value) {
  BlobStore& store = BlobStore::From(cx.isolate);
  RopeBuilder builder(store.account());
  if (value.use_count() == 1) {
    // Long values are not cached: nobody else has it. Who had it before is done with it.
    std::atomic_thread_fence(std::memory_order_acquire);
    auto& own = const_cast<kv::Value&>(*value);
    builder.Take(std::move(own.head));
    for (std::string& piece : own.rest) builder.Take(std::move(piece));
  } else {
    builder.Append(std::string_view(value->head));
    for (const std::string& piece : value->rest) builder.Append(std::string_view(piece));
  }
  RopeSlice data = builder.Finish();
  if (!store.Admit(cx.isolate)) return Pending();
  return ToResult(NewBlobStream(cx, std::move(data)));
}

Result<Local> Metadata(Cx& cx, bool has_metadata, std::string_view metadata) {
  if (!has_metadata) return v8::Null(cx.isolate).As<v8::Value>();
  return ParseJson(cx, NewString(cx.isolate, metadata));
}

bool Set(Cx& cx, v8::Local<v8::Object> object, Name name, Local value) {
  return object->CreateDataProperty(cx.context, cx.realm().name(name), value).FromMaybe(false);
}

}  // namespace

KvType ParseKvType(const std::optional<std::string>& type) {
  if (!type || *type == "text") return KvType::kText;
  if (*type == "json") return KvType::kJson;
  if (*type == "arrayBuffer") return KvType::kArrayBuffer;
  if (*type == "stream") return KvType::kStream;
  return KvType::kUnknown;
}

Result<Local> KvValueToJs(Cx& cx, kv::ValuePtr value, KvType type) {
  if (!value) return v8::Null(cx.isolate).As<v8::Value>();
  switch (type) {
    case KvType::kText:
      return ToResult(Text(cx, *value));
    case KvType::kJson:
      return ParseJson(cx, Text(cx, *value));
    case KvType::kArrayBuffer:
      return ToResult(Buffer(cx, *value));
    case KvType::kStream:
      return Stream(cx, std::move(value));
    case KvType::kUnknown:
      break;
  }
  return TypeError("Unknown response type. Possible types are \"text\", \"arrayBuffer\", \"json\", and \"stream\".");
}

Result<Local> KvValueWithMetadataToJs(Cx& cx, kv::ValuePtr value, KvType type) {
  auto metadata = Metadata(cx, value && value->has_metadata, value ? std::string_view(value->metadata) : "");
  if (!metadata) return metadata;
  auto converted = KvValueToJs(cx, std::move(value), type);
  if (!converted) return converted;
  v8::Local<v8::Object> result = v8::Object::New(cx.isolate);
  if (!Set(cx, result, Name::kValue, *converted) || !Set(cx, result, Name::kMetadata, *metadata) ||
      !Set(cx, result, Name::kCacheStatus, v8::Null(cx.isolate))) {
    return Pending();
  }
  return result.As<v8::Value>();
}

Result<Local> KvValuesToJs(Cx& cx, std::span<const std::string> keys, std::span<const kv::ValuePtr> values, KvType type,
                           bool with_metadata) {
  v8::Local<v8::Map> map = v8::Map::New(cx.isolate);
  for (size_t i = 0; i < keys.size(); ++i) {
    v8::HandleScope scope(cx.isolate);
    v8::TryCatch try_catch(cx.isolate);
    Result<Local> item = KvValueToJs(cx, values[i], type);
    if (!item) {
      if (!try_catch.HasCaught() || try_catch.HasTerminated() || type != KvType::kJson) {
        try_catch.ReThrow();
        return item;
      }
      return std::unexpected(
          ToError(kv::Failed(kv::kGetBulk, 400, "At least one of the requested keys corresponds to a non-json value")));
    }
    if (with_metadata && values[i]) {
      auto metadata = Metadata(cx, values[i]->has_metadata, values[i]->metadata);
      v8::Local<v8::Object> pair = v8::Object::New(cx.isolate);
      if (!metadata || !Set(cx, pair, Name::kValue, *item) || !Set(cx, pair, Name::kMetadata, *metadata)) {
        try_catch.ReThrow();
        return Pending();
      }
      item = pair.As<v8::Value>();
    }
    v8::Local<v8::String> key;
    if (!NewString(cx.isolate, keys[i]).ToLocal(&key) || map->Set(cx.context, key, *item).IsEmpty()) {
      try_catch.ReThrow();
      return Pending();
    }
  }
  return map.As<v8::Value>();
}

Result<Local> KvListToJs(Cx& cx, const kv::ListPage& page) {
  std::vector<Local> keys;
  keys.reserve(page.keys.size());
  for (const kv::ListedKey& listed : page.keys) {
    v8::Local<v8::Object> key = v8::Object::New(cx.isolate);
    v8::Local<v8::String> name;
    if (!NewString(cx.isolate, listed.name).ToLocal(&name) || !Set(cx, key, Name::kName, name)) return Pending();
    if (listed.expiration != 0 &&
        !Set(cx, key, Name::kExpiration, v8::Number::New(cx.isolate, static_cast<double>(listed.expiration)))) {
      return Pending();
    }
    if (listed.has_metadata) {
      auto metadata = Metadata(cx, true, listed.metadata);
      if (!metadata) return metadata;
      if (!Set(cx, key, Name::kMetadata, *metadata)) return Pending();
    }
    keys.push_back(key);
  }
  v8::Local<v8::Object> result = v8::Object::New(cx.isolate);
  if (!Set(cx, result, Name::kKeys, v8::Array::New(cx.isolate, keys.data(), keys.size())) ||
      !Set(cx, result, Name::kListComplete, v8::Boolean::New(cx.isolate, page.complete))) {
    return Pending();
  }
  if (!page.complete) {
    v8::Local<v8::String> cursor;
    if (!NewString(cx.isolate, kv::EncodeCursor(page.keys.back().name)).ToLocal(&cursor) ||
        !Set(cx, result, Name::kCursor, cursor)) {
      return Pending();
    }
  }
  if (!Set(cx, result, Name::kCacheStatus, v8::Null(cx.isolate))) return Pending();
  return result.As<v8::Value>();
}

}  // namespace verge::bindings
