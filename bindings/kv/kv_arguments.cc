#include "bindings/kv/kv_arguments.h"

#include <cmath>
#include <limits>

namespace verge::bindings {

bool Convert<KvInt>::From(Cx& cx, v8::Local<v8::Value> value, KvInt* out) {
  double number = 0;
  if (!value->NumberValue(cx.context).To(&number)) return false;
  if (!std::isfinite(number)) number = 0;
  if (number < std::numeric_limits<int32_t>::min() || number > std::numeric_limits<int32_t>::max()) {
    Throw(cx.isolate, TypeError("Value out of range. Must be between -2147483648 and 2147483647 (inclusive).").error());
    return false;
  }
  out->value = static_cast<int32_t>(number);
  return true;
}

bool Convert<KvKeys>::From(Cx& cx, v8::Local<v8::Value> value, KvKeys* out) {
  if (!value->IsArray()) {
    out->count = 1;
    return Convert<std::string>::From(cx, value, &out->keys.emplace_back());
  }
  v8::Local<v8::Array> array = value.As<v8::Array>();
  out->many = true;
  out->count = array->Length();
  if (out->count > kv::kMaxBulkKeys) return true;
  for (uint32_t i = 0; i < out->count; ++i) {
    v8::Local<v8::Value> item;
    if (!array->Get(cx.context, i).ToLocal(&item) || !Convert<std::string>::From(cx, item, &out->keys.emplace_back())) {
      return false;
    }
  }
  return true;
}

bool KvGetOptions::Read(Cx& cx, v8::Local<v8::Object> object, KvGetOptions* out) {
  return ReadMember(cx, object, Name::kType, &out->type) && ReadMember(cx, object, Name::kCacheTtl, &out->cache_ttl);
}

bool KvPutOptions::Read(Cx& cx, v8::Local<v8::Object> object, KvPutOptions* out) {
  if (!ReadMember(cx, object, Name::kExpiration, &out->expiration) ||
      !ReadMember(cx, object, Name::kExpirationTtl, &out->expiration_ttl)) {
    return false;
  }
  v8::Local<v8::Value> metadata;
  if (!object->Get(cx.context, cx.realm().name(Name::kMetadata)).ToLocal(&metadata)) return false;
  if (!metadata->IsNullOrUndefined()) out->metadata = metadata;
  return true;
}

namespace {

// null counts as absent here.
bool ReadText(Cx& cx, v8::Local<v8::Object> object, Name name, std::optional<std::string>* out) {
  Nullable<std::string> text;
  if (!ReadMember(cx, object, name, &text)) return false;
  *out = std::move(text.value);
  return true;
}

}  // namespace

bool KvListOptions::Read(Cx& cx, v8::Local<v8::Object> object, KvListOptions* out) {
  return ReadMember(cx, object, Name::kLimit, &out->limit) && ReadText(cx, object, Name::kPrefix, &out->prefix) &&
         ReadText(cx, object, Name::kCursor, &out->cursor);
}

bool Convert<KvBody>::From(Cx& cx, v8::Local<v8::Value> value, KvBody* out) {
  out->value = value;
  if (value->IsString() || value->IsObject()) return true;
  v8::Local<v8::String> text;
  if (!value->ToString(cx.context).ToLocal(&text)) return false;
  out->value = text;
  return true;
}

}  // namespace verge::bindings
