#include "bindings/web/navigator.h"

#include "bindings/core/function.h"
#include "bindings/core/object.h"
#include "bindings/core/strings.h"

namespace verge::bindings {
namespace {

enum Slot { kLanguagesSlot, kSlots };

}  // namespace

struct Navigator::Members {
  // Libraries compare with this very string to find out that they run in a worker of this kind.
  static v8::Local<v8::String> UserAgent(Cx& cx) { return NewSymbolName(cx.isolate, "Cloudflare-Workers"); }

  static v8::Local<v8::String> Language(Cx& cx) { return NewSymbolName(cx.isolate, "en"); }

  // The same frozen array each time.
  static Result<v8::Local<v8::Value>> Languages(Cx& cx) {
    v8::Local<v8::Value> languages = GetSlot(cx.self, kLanguagesSlot);
    if (!languages->IsUndefined()) return languages;
    v8::Local<v8::Value> items[] = {Language(cx)};
    v8::Local<v8::Array> created = v8::Array::New(cx.isolate, items, 1);
    if (created->SetIntegrityLevel(cx.context, v8::IntegrityLevel::kFrozen).IsNothing()) return Pending();
    SetSlot(cx.self, kLanguagesSlot, created);
    return created;
  }

  // What a worker may count on: it has one thread.
  static uint32_t HardwareConcurrency(Cx&) { return 1; }

  using T = Table<Navigator>;
  static constexpr Member kMembers[] = {
      T::Getter<"userAgent", &UserAgent>(),
      T::Getter<"language", &Language>(),
      T::Getter<"languages", &Languages>(),
      T::Getter<"hardwareConcurrency", &HardwareConcurrency>(),
  };
};

constinit const ClassSpec Navigator::kSpec = {
    .name = "Navigator", .members = Members::kMembers, .slots = kSlots, .slots_only = true};

void GetNavigator(v8::Local<v8::Name>, const v8::PropertyCallbackInfo<v8::Value>& info) {
  v8::Local<v8::Object> navigator;
  if (NewObject(info.GetIsolate(), Navigator::kSpec).ToLocal(&navigator)) info.GetReturnValue().Set(navigator);
}

}  // namespace verge::bindings
