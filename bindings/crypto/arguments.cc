#include "bindings/crypto/arguments.h"

#include <optional>
#include <string>

#include "bindings/crypto/json_web_key.h"

namespace verge::bindings {
namespace {

bool ThrowNotInEnum(Cx& cx, std::string_view value, std::string_view name) {
  return cx.ThrowTypeError("The provided value \"" + std::string(value.substr(0, 100)) +
                           "\" is not a valid enum value of type " + std::string(name) + ".");
}

}  // namespace

bool Convert<KeyUsages>::From(Cx& cx, v8::Local<v8::Value> value, KeyUsages* out) {
  v8::Local<v8::Function> method;
  if (!value->IsObject()) return cx.ThrowTypeError("The provided value cannot be converted to a sequence.");
  if (!GetIteratorMethod(cx, value.As<v8::Object>(), &method)) return false;
  if (method.IsEmpty()) return cx.ThrowTypeError("The object must have a callable @@iterator property.");
  return ForEachOf(
      cx, value.As<v8::Object>(), method,
      [](Cx& cx, v8::Local<v8::Value> item, void* data) {
        std::string text;
        if (!Convert<std::string>::From(cx, item, &text)) return false;
        std::optional<crypto::Usage> usage = crypto::FindUsage(text);
        if (!usage) return ThrowNotInEnum(cx, text, "KeyUsage");
        static_cast<KeyUsages*>(data)->value |= *usage;
        return true;
      },
      out);
}

bool Convert<crypto::Format>::From(Cx& cx, v8::Local<v8::Value> value, crypto::Format* out) {
  std::string text;
  if (!Convert<std::string>::From(cx, value, &text)) return false;
  std::optional<crypto::Format> format = crypto::FindFormat(text);
  if (!format) return ThrowNotInEnum(cx, text, "KeyFormat");
  *out = *format;
  return true;
}

bool Convert<KeyDataArgument>::From(Cx& cx, v8::Local<v8::Value> value, KeyDataArgument* out) {
  if (Convert<BufferSource>::Accepts(value)) {
    return Convert<BufferSource>::From(cx, value, &out->value.emplace<BufferSource>());
  }
  auto& jwk = out->value.emplace<crypto::Jwk>();
  if (value->IsNullOrUndefined()) return true;
  if (!value->IsObject()) return ThrowNotOfType(cx, "BufferSource or JsonWebKey");
  return ReadJsonWebKey(cx, value.As<v8::Object>(), &jwk);
}

}  // namespace verge::bindings
