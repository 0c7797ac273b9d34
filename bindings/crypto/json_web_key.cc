#include "bindings/crypto/json_web_key.h"

#include <string>
#include <vector>

#include "bindings/core/strings.h"
#include "bindings/crypto/property_names.h"

namespace verge::bindings {
namespace {

// More operations than exist say nothing more.
constexpr size_t kMaxKeyOps = 64;

using Text = std::optional<crypto::SecretText> crypto::Jwk::*;

// Where a name's value is kept; null: it is not a text.
Text TextOf(CryptoName name) {
  switch (name) {
    case CryptoName::kAlg:
      return &crypto::Jwk::alg;
    case CryptoName::kCrv:
      return &crypto::Jwk::crv;
    case CryptoName::kD:
      return &crypto::Jwk::d;
    case CryptoName::kDp:
      return &crypto::Jwk::dp;
    case CryptoName::kDq:
      return &crypto::Jwk::dq;
    case CryptoName::kE:
      return &crypto::Jwk::e;
    case CryptoName::kK:
      return &crypto::Jwk::k;
    case CryptoName::kKty:
      return &crypto::Jwk::kty;
    case CryptoName::kN:
      return &crypto::Jwk::n;
    case CryptoName::kP:
      return &crypto::Jwk::p;
    case CryptoName::kQ:
      return &crypto::Jwk::q;
    case CryptoName::kQi:
      return &crypto::Jwk::qi;
    case CryptoName::kUse:
      return &crypto::Jwk::use;
    case CryptoName::kX:
      return &crypto::Jwk::x;
    case CryptoName::kY:
      return &crypto::Jwk::y;
    default:
      return nullptr;
  }
}

bool ReadText(Cx& cx, v8::Local<v8::Value> value, std::optional<crypto::SecretText>* out) {
  std::string text;
  if (!Convert<std::string>::From(cx, value, &text)) return false;
  out->emplace(text);
  OPENSSL_cleanse(text.data(), text.size());
  return true;
}

// sequence<T>: `each` converts an item.
bool ReadSequence(Cx& cx, v8::Local<v8::Value> value, bool (*each)(Cx&, v8::Local<v8::Value>, void*), void* data) {
  v8::Local<v8::Function> method;
  if (!value->IsObject()) return cx.ThrowTypeError("The provided value cannot be converted to a sequence.");
  if (!GetIteratorMethod(cx, value.As<v8::Object>(), &method)) return false;
  if (method.IsEmpty()) return cx.ThrowTypeError("The object must have a callable @@iterator property.");
  return ForEachOf(cx, value.As<v8::Object>(), method, each, data);
}

bool ReadKeyOp(Cx& cx, v8::Local<v8::Value> value, void* data) {
  auto* ops = static_cast<std::vector<std::string>*>(data);
  std::string op;
  if (!Convert<std::string>::From(cx, value, &op)) return false;
  if (ops->size() < kMaxKeyOps) ops->push_back(std::move(op));
  return true;
}

// RsaOtherPrimesInfo. Keys with other primes are not supported: only that it converts matters.
bool ReadOtherPrime(Cx& cx, v8::Local<v8::Value> value, void*) {
  if (value->IsNullOrUndefined()) return true;
  if (!value->IsObject()) return cx.ThrowTypeError("The provided value is not of type 'RsaOtherPrimesInfo'.");
  for (CryptoName name : {CryptoName::kD, CryptoName::kR, CryptoName::kT}) {
    v8::Local<v8::Value> member;
    std::optional<crypto::SecretText> text;
    if (!value.As<v8::Object>()->Get(cx.context, PropertyName(cx.isolate, name)).ToLocal(&member)) return false;
    if (!member->IsUndefined() && !ReadText(cx, member, &text)) return false;
  }
  return true;
}

bool ReadJwkMember(Cx& cx, CryptoName name, v8::Local<v8::Value> value, crypto::Jwk* out) {
  switch (name) {
    case CryptoName::kExt:
      out->ext = value->BooleanValue(cx.isolate);
      return true;
    case CryptoName::kKeyOps:
      return ReadSequence(cx, value, &ReadKeyOp, &out->key_ops.emplace());
    case CryptoName::kOth:
      out->has_oth = true;
      return ReadSequence(cx, value, &ReadOtherPrime, nullptr);
    default:
      return ReadText(cx, value, &(out->*TextOf(name)));
  }
}

v8::MaybeLocal<v8::Value> MakeKeyOps(v8::Isolate* isolate, const std::vector<std::string>& ops) {
  std::vector<v8::Local<v8::Value>> names;
  for (const std::string& op : ops) names.push_back(NewSymbolName(isolate, op));
  return v8::Array::New(isolate, names.data(), names.size()).As<v8::Value>();
}

}  // namespace

bool ReadJsonWebKey(Cx& cx, v8::Local<v8::Object> object, crypto::Jwk* out) {
  for (auto name = CryptoName::kAlg; name <= CryptoName::kY;
       name = static_cast<CryptoName>(static_cast<uint8_t>(name) + 1)) {
    v8::Local<v8::Value> value;
    if (!object->Get(cx.context, PropertyName(cx.isolate, name)).ToLocal(&value)) return false;
    if (!value->IsUndefined() && !ReadJwkMember(cx, name, value, out)) return false;
  }
  return true;
}

v8::MaybeLocal<v8::Object> NewJsonWebKey(v8::Isolate* isolate, const crypto::Jwk& jwk) {
  v8::Local<v8::Context> context = isolate->GetCurrentContext();
  v8::Local<v8::Object> object = v8::Object::New(isolate);
  for (auto name = CryptoName::kAlg; name <= CryptoName::kY;
       name = static_cast<CryptoName>(static_cast<uint8_t>(name) + 1)) {
    v8::Local<v8::Value> value;
    if (Text text = TextOf(name)) {
      v8::Local<v8::String> string;
      if (!(jwk.*text)) continue;
      if (!NewOneByteString(isolate, *(jwk.*text)).ToLocal(&string)) return {};
      value = string;
    } else if (name == CryptoName::kExt && jwk.ext) {
      value = v8::Boolean::New(isolate, *jwk.ext);
    } else if (name == CryptoName::kKeyOps && jwk.key_ops) {
      if (!MakeKeyOps(isolate, *jwk.key_ops).ToLocal(&value)) return {};
    } else {
      continue;
    }
    if (!object->CreateDataProperty(context, PropertyName(isolate, name), value).FromMaybe(false)) return {};
  }
  return object;
}

}  // namespace verge::bindings
