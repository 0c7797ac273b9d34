#include "bindings/crypto/crypto_key.h"

#include <memory>
#include <utility>
#include <vector>

#include "bindings/core/function.h"
#include "bindings/core/strings.h"
#include "bindings/crypto/operation.h"
#include "bindings/crypto/property_names.h"

namespace verge::bindings {
namespace {

// Adds properties to a plain object until one fails.
class ObjectBuilder {
 public:
  explicit ObjectBuilder(v8::Isolate* isolate) : isolate_(isolate), object_(v8::Object::New(isolate)) {}

  void Add(CryptoName name, v8::Local<v8::Value> value) {
    ok_ = ok_ && object_->CreateDataProperty(isolate_->GetCurrentContext(), PropertyName(isolate_, name), value)
                     .FromMaybe(false);
  }
  void Add(CryptoName name, std::string_view text) {
    v8::Local<v8::String> string;
    ok_ = ok_ && NewOneByteString(isolate_, text).ToLocal(&string);
    if (ok_) Add(name, string.As<v8::Value>());
  }
  void Add(CryptoName name, uint32_t number) {
    Add(name, v8::Integer::NewFromUnsigned(isolate_, number).As<v8::Value>());
  }

  // Empty: an exception is pending (or termination).
  v8::MaybeLocal<v8::Object> Finish() { return ok_ ? object_ : v8::MaybeLocal<v8::Object>(); }

 private:
  v8::Isolate* isolate_;
  v8::Local<v8::Object> object_;
  bool ok_ = true;
};

// https://w3c.github.io/webcrypto/#key-algorithm-dictionary and the algorithms' own.
v8::MaybeLocal<v8::Object> MakeAlgorithm(v8::Isolate* isolate, const crypto::KeyAttributes& attributes) {
  ObjectBuilder algorithm(isolate);
  algorithm.Add(CryptoName::kName, crypto::AlgorithmName(attributes.id));
  if (crypto::IsRsa(attributes.id)) {
    algorithm.Add(CryptoName::kModulusLength, attributes.modulus_length);
    v8::Local<v8::ArrayBuffer> exponent;
    if (!NewArrayBuffer(isolate, attributes.public_exponent).ToLocal(&exponent)) return {};
    algorithm.Add(CryptoName::kPublicExponent,
                  v8::Uint8Array::New(exponent, 0, exponent->ByteLength()).As<v8::Value>());
  }
  if (attributes.hash) {
    ObjectBuilder hash(isolate);
    hash.Add(CryptoName::kName, crypto::HashName(*attributes.hash));
    v8::Local<v8::Object> object;
    if (!hash.Finish().ToLocal(&object)) return {};
    algorithm.Add(CryptoName::kHash, object.As<v8::Value>());
  }
  if (attributes.length != 0) algorithm.Add(CryptoName::kLength, attributes.length);
  if (attributes.curve) algorithm.Add(CryptoName::kNamedCurve, crypto::CurveName(*attributes.curve));
  if (attributes.id == crypto::AlgorithmId::kNodeEd25519) {
    algorithm.Add(CryptoName::kNamedCurve, crypto::AlgorithmName(attributes.id));
  }
  return algorithm.Finish();
}

v8::MaybeLocal<v8::Object> MakeUsages(v8::Isolate* isolate, crypto::Usages usages) {
  std::vector<v8::Local<v8::Value>> names;
  for (size_t bit = 0; bit < crypto::kUsageCount; ++bit) {
    if ((usages & (1U << bit)) != 0) names.push_back(NewSymbolName(isolate, crypto::UsageName(bit)));
  }
  return v8::Array::New(isolate, names.data(), names.size()).As<v8::Object>();
}

Result<v8::Local<v8::Value>> Cached(v8::Local<v8::Object> owner, int slot, v8::MaybeLocal<v8::Object> made) {
  v8::Local<v8::Object> object;
  if (!made.ToLocal(&object)) return Pending();
  SetSlot(owner, slot, object);
  return object.As<v8::Value>();
}

}  // namespace

// V8 has to know what its collections free: the memory limit is for it all.
CryptoKey::CryptoKey(v8::Isolate* isolate, crypto::KeyRef key)
    : isolate_(isolate), key_(std::move(key)), reported_bytes_(static_cast<int64_t>(key_->MemorySize())) {
  isolate_->AdjustAmountOfExternalAllocatedMemory(reported_bytes_);
}

CryptoKey::~CryptoKey() { isolate_->AdjustAmountOfExternalAllocatedMemory(-reported_bytes_); }

std::string_view CryptoKey::GetType() {
  switch (key_->type()) {
    case crypto::KeyType::kSecret:
      return "secret";
    case crypto::KeyType::kPrivate:
      return "private";
    case crypto::KeyType::kPublic:
      break;
  }
  return "public";
}

bool CryptoKey::GetExtractable() { return key_->attributes().extractable; }

Result<v8::Local<v8::Value>> CryptoKey::GetAlgorithm(Cx& cx) {
  v8::Local<v8::Value> known = GetSlot(cx.self, kAlgorithmSlot);
  if (!known->IsUndefined()) return known;
  return Cached(cx.self, kAlgorithmSlot, MakeAlgorithm(cx.isolate, key_->attributes()));
}

Result<v8::Local<v8::Value>> CryptoKey::GetUsages(Cx& cx) {
  v8::Local<v8::Value> known = GetSlot(cx.self, kUsagesSlot);
  if (!known->IsUndefined()) return known;
  return Cached(cx.self, kUsagesSlot, MakeUsages(cx.isolate, key_->usages()));
}

v8::MaybeLocal<v8::Object> NewCryptoKey(v8::Isolate* isolate, crypto::KeyRef key) {
  return NewObject(isolate, std::make_unique<CryptoKey>(isolate, std::move(key)));
}

struct CryptoKey::Members {
  using T = Table<CryptoKey>;
  static constexpr Member kMembers[] = {
      T::Getter<"type", &CryptoKey::GetType>(),
      T::Getter<"extractable", &CryptoKey::GetExtractable>(),
      T::Getter<"algorithm", &CryptoKey::GetAlgorithm>(),
      T::Getter<"usages", &CryptoKey::GetUsages>(),
  };
};

constinit const ClassSpec CryptoKey::kSpec = {
    .name = "CryptoKey",
    .members = Members::kMembers,
    .slots = kSlots,
    // https://w3c.github.io/webcrypto/#cryptokey-interface, "serialization steps": the key itself is shared.
    .clone = [](Cx& cx, v8::Local<v8::Object> object) -> v8::MaybeLocal<v8::Object> {
      auto* key = Unwrap<CryptoKey>(object);
      return key ? NewCryptoKey(cx.isolate, key->key()) : v8::MaybeLocal<v8::Object>();
    },
};

}  // namespace verge::bindings
