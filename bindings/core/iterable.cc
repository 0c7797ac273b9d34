#include "bindings/core/iterable.h"

#include <string>
#include <string_view>

#include "bindings/core/family.h"
#include "bindings/core/object.h"

namespace verge::bindings {
namespace {

Result<> CheckClass(Cx& cx, v8::Local<v8::Value> value, std::string class_name) {
  for (const ClassSpec* spec = SpecOf(value); spec; spec = spec->parent) {
    if (class_name == spec->name) return {};
  }
  return TypeError("Illegal invocation");
}

Result<v8::Local<v8::Value>> PairAt(Cx& cx, v8::Local<v8::Value> value, uint32_t index) {
  const ClassSpec* spec = SpecOf(value);
  if (!spec || spec->slots_only) return TypeError("Illegal invocation");
  auto* native = static_cast<Native*>(value.As<v8::Object>()->GetAlignedPointerFromInternalField(kNativeField));
  v8::MaybeLocal<v8::Value> maybe_key;
  v8::MaybeLocal<v8::Value> maybe_value;
  if (!native || !native->PairAt(cx.isolate, index, &maybe_key, &maybe_value)) return v8::Undefined(cx.isolate);
  v8::Local<v8::Value> pair[2];
  if (!maybe_key.ToLocal(&pair[0]) || !maybe_value.ToLocal(&pair[1])) return Pending();
  return v8::Array::New(cx.isolate, pair, 2).As<v8::Value>();
}

constexpr GlobalFunction kNatives[] = {
    Function<"checkClass", &CheckClass>(),
    Function<"pairAt", &PairAt>(),
};

}  // namespace

constinit const Family kIterableFamily = {.classes = {}, .globals = {}, .natives = kNatives, .lazy_globals = {}};

}  // namespace verge::bindings
