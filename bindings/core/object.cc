#include "bindings/core/object.h"

#include "bindings/core/realm.h"

namespace verge::bindings {

Native::~Native() {
  if (previous_) {
    *previous_ = next_;
    if (next_) next_->previous_ = previous_;
  }
}

void Native::OnCollected(const v8::WeakCallbackInfo<Native>& info) {
  Native* native = info.GetParameter();
  native->wrapper_.Reset();
  delete native;
}

const ClassSpec* SpecOf(v8::Local<v8::Value> value) {
  if (!value->IsObject()) return nullptr;
  v8::Local<v8::Object> object = value.As<v8::Object>();
  // Only instances of our templates have this many internal fields, and the first is set before any script sees them.
  if (object->InternalFieldCount() < kFirstSlot) return nullptr;
  return static_cast<const ClassSpec*>(object->GetAlignedPointerFromInternalField(kSpecField));
}

bool IsInstance(v8::Local<v8::Value> value, const ClassSpec& spec) {
  const ClassSpec* actual = SpecOf(value);
  while (actual && actual != &spec) actual = actual->parent;
  return actual != nullptr;
}

Native* NativeOf(v8::Local<v8::Value> value, const ClassSpec& spec) {
  if (spec.slots_only || !IsInstance(value, spec)) return nullptr;
  return static_cast<Native*>(value.As<v8::Object>()->GetAlignedPointerFromInternalField(kNativeField));
}

void Attach(v8::Isolate* isolate, v8::Local<v8::Object> object, std::unique_ptr<Native> owned) {
  Native* native = owned.release();
  object->SetAlignedPointerInInternalField(kNativeField, native);
  native->wrapper_.Reset(isolate, object);
  native->wrapper_.SetWeak(native, &Native::OnCollected, v8::WeakCallbackType::kParameter);
  Realm& realm = Realm::From(isolate);
  native->next_ = realm.natives_;
  native->previous_ = &realm.natives_;
  if (native->next_) native->next_->previous_ = &native->next_;
  realm.natives_ = native;
}

v8::MaybeLocal<v8::Object> NewObject(v8::Isolate* isolate, const ClassSpec& spec, std::unique_ptr<Native> native) {
  v8::Local<v8::Object> object;
  if (!Realm::From(isolate).instance_template(spec)->NewInstance(isolate->GetCurrentContext()).ToLocal(&object)) {
    return {};
  }
  InitializeObject(object, spec);
  if (native) Attach(isolate, object, std::move(native));
  return object;
}

}  // namespace verge::bindings
