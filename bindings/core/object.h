// The two halves of an API object: the JavaScript wrapper and, where there is one, the C++ object behind it.
//
// A wrapper's internal fields hold its ClassSpec, the C++ object and a number of slots with JavaScript values. V8
// traces the slots like any other field, so C++ roots nothing and cycles through user code are collected. A class whose
// whole state fits into slots needs no C++ object and no finaliser at all: its instances die in the young generation
// for free. A C++ object hangs on a weak handle and dies with its wrapper, also in a scavenge, which keeps full
// collections out of the life of a request.
#ifndef BINDINGS_CORE_OBJECT_H_
#define BINDINGS_CORE_OBJECT_H_

#include <v8.h>

#include <memory>

#include "bindings/core/class_spec.h"

namespace verge::bindings {

class Realm;

// Base of C++ objects that JavaScript owns. Deleted on the isolate's thread when the wrapper is collected or the
// isolate ends; the destructor must not use V8.
class Native {
 public:
  Native() = default;
  Native(const Native&) = delete;
  Native& operator=(const Native&) = delete;
  virtual ~Native();

  // For classes that are `iterable<K, V>` in Web IDL (core/iterable.js makes the iterators): the pair at `index` as it
  // is now. False: there is none. Empty handles: an exception is pending.
  virtual bool PairAt(v8::Isolate*, size_t /*index*/, v8::MaybeLocal<v8::Value>* /*key*/,
                      v8::MaybeLocal<v8::Value>* /*value*/) {
    return false;
  }

  // The wrapper, once it is attached.
  v8::Local<v8::Object> wrapper(v8::Isolate* isolate) const { return wrapper_.Get(isolate); }

 private:
  friend class Realm;
  friend void Attach(v8::Isolate*, v8::Local<v8::Object>, std::unique_ptr<Native>);
  static void OnCollected(const v8::WeakCallbackInfo<Native>& info);

  v8::Global<v8::Object> wrapper_;
  // Links of the realm's list of living natives.
  Native** previous_ = nullptr;
  Native* next_ = nullptr;
};

// The spec of an instance of any class, else null. Safe for any value.
const ClassSpec* SpecOf(v8::Local<v8::Value> value);

// Whether `value` is an instance of `spec` or of a class derived from it. Safe for any value.
bool IsInstance(v8::Local<v8::Value> value, const ClassSpec& spec);

// The C++ object of `value` if it is an instance of `spec` that has one, else null.
Native* NativeOf(v8::Local<v8::Value> value, const ClassSpec& spec);

template <typename T>
T* Unwrap(v8::Local<v8::Value> value) {
  return static_cast<T*>(NativeOf(value, T::kSpec));
}

// For receivers that a v8::Signature has checked already.
template <typename T>
T* UnwrapChecked(v8::Local<v8::Object> object) {
  return static_cast<T*>(static_cast<Native*>(object->GetAlignedPointerFromInternalField(kNativeField)));
}

// Marks a fresh instance as one of `spec`, without a C++ object yet.
inline void InitializeObject(v8::Local<v8::Object> object, const ClassSpec& spec) {
  static constexpr int kFields[] = {kSpecField, kNativeField};
  void* values[] = {const_cast<ClassSpec*>(&spec), nullptr};
  object->SetAlignedPointerInInternalFields(spec.slots_only ? 1 : 2, const_cast<int*>(kFields), values);
}

// Gives an initialised instance its C++ object.
void Attach(v8::Isolate* isolate, v8::Local<v8::Object> object, std::unique_ptr<Native> native);

// A new instance made by C++: no constructor runs. Empty on termination or when memory is short.
v8::MaybeLocal<v8::Object> NewObject(v8::Isolate* isolate, const ClassSpec& spec,
                                     std::unique_ptr<Native> native = nullptr);

template <typename T>
v8::MaybeLocal<v8::Object> NewObject(v8::Isolate* isolate, std::unique_ptr<T> native) {
  return NewObject(isolate, T::kSpec, std::unique_ptr<Native>(std::move(native)));
}

// Slots: JavaScript values inside the wrapper. `undefined` when never set.
inline v8::Local<v8::Value> GetSlot(v8::Local<v8::Object> object, int slot) {
  return object->GetInternalField(kFirstSlot + slot).As<v8::Value>();
}
inline void SetSlot(v8::Local<v8::Object> object, int slot, v8::Local<v8::Value> value) {
  object->SetInternalField(kFirstSlot + slot, value);
}

}  // namespace verge::bindings

#endif  // BINDINGS_CORE_OBJECT_H_
