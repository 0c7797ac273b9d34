#include "bindings/crypto/property_names.h"

#include <array>
#include <cstddef>
#include <string_view>

#include "bindings/core/realm.h"
#include "bindings/core/strings.h"

namespace verge::bindings {
namespace {

constexpr size_t kNameCount = static_cast<size_t>(CryptoName::kCount);
constexpr std::array<std::string_view, kNameCount> kTexts = {
    "alg",
    "crv",
    "d",
    "dp",
    "dq",
    "e",
    "ext",
    "k",
    "key_ops",
    "kty",
    "n",
    "oth",
    "p",
    "q",
    "qi",
    "use",
    "x",
    "y",
    "r",
    "t",
    "additionalData",
    "counter",
    "hash",
    "info",
    "iterations",
    "iv",
    "label",
    "length",
    "modulusLength",
    "name",
    "namedCurve",
    "public",
    "publicExponent",
    "salt",
    "saltLength",
    "tagLength",
    "privateKey",
    "publicKey",
};

class PropertyNames final : public RealmPart {
 public:
  v8::Local<v8::String> Get(v8::Isolate* isolate, CryptoName name) {
    v8::Global<v8::String>& known = names_[static_cast<size_t>(name)];
    if (!known.IsEmpty()) [[likely]]
      return known.Get(isolate);
    v8::Local<v8::String> made = NewSymbolName(isolate, kTexts[static_cast<size_t>(name)]);
    known.Reset(isolate, made);
    return made;
  }

 private:
  std::array<v8::Global<v8::String>, kNameCount> names_;
};

}  // namespace

v8::Local<v8::String> PropertyName(v8::Isolate* isolate, CryptoName name) {
  return Realm::From(isolate).part<PropertyNames>(Realm::Part::kCrypto).Get(isolate, name);
}

}  // namespace verge::bindings
