#include "bindings/core/class_builder.h"

#include "bindings/core/error.h"
#include "bindings/core/strings.h"

namespace verge::bindings {

void IllegalConstructor(const v8::FunctionCallbackInfo<v8::Value>& info) {
  Throw(info.GetIsolate(), TypeError("Illegal constructor").error());
}

v8::Local<v8::FunctionTemplate> BuildFunction(v8::Isolate* isolate, const char* name, v8::FunctionCallback callback,
                                              int length, v8::Local<v8::Signature> signature, bool pure) {
  v8::Local<v8::FunctionTemplate> function =
      v8::FunctionTemplate::New(isolate, callback, {}, signature, length, v8::ConstructorBehavior::kThrow,
                                pure ? v8::SideEffectType::kHasNoSideEffect : v8::SideEffectType::kHasSideEffect);
  function->SetClassName(NewSymbolName(isolate, name));
  return function;
}

v8::Local<v8::FunctionTemplate> BuildClass(Realm& realm, const ClassSpec& spec) {
  v8::Isolate* isolate = realm.isolate();
  v8::Local<v8::FunctionTemplate> constructor = v8::FunctionTemplate::New(
      isolate, spec.constructor ? spec.constructor : IllegalConstructor, {}, {}, spec.constructor_length);
  v8::Local<v8::String> class_name = NewSymbolName(isolate, spec.name);
  constructor->SetClassName(class_name);
  constructor->ReadOnlyPrototype();
  constructor->InstanceTemplate()->SetInternalFieldCount(kFirstSlot + spec.slots);
  if (spec.parent) constructor->Inherit(realm.class_template(*spec.parent));

  v8::Local<v8::ObjectTemplate> prototype = constructor->PrototypeTemplate();
  v8::Local<v8::Signature> signature = v8::Signature::New(isolate, constructor);
  constexpr auto kConstant = static_cast<v8::PropertyAttribute>(v8::ReadOnly | v8::DontDelete);
  for (const Member& member : spec.members) {
    v8::Local<v8::String> name = NewSymbolName(isolate, member.name);
    switch (member.kind) {
      case MemberKind::kMethod:
        prototype->Set(name, BuildFunction(isolate, member.name, member.callback, member.length, signature));
        break;
      case MemberKind::kAsyncMethod:
        // Checks its receiver itself: a wrong one rejects.
        prototype->Set(name, BuildFunction(isolate, member.name, member.callback, member.length));
        break;
      case MemberKind::kGetter: {
        std::string get_name = "get " + std::string(member.name);
        std::string set_name = "set " + std::string(member.name);
        v8::Local<v8::FunctionTemplate> getter =
            BuildFunction(isolate, get_name.c_str(), member.callback, 0, signature, member.pure);
        v8::Local<v8::FunctionTemplate> setter;
        if (member.setter) setter = BuildFunction(isolate, set_name.c_str(), member.setter, 1, signature);
        prototype->SetAccessorProperty(name, getter, setter);
        break;
      }
      case MemberKind::kStatic:
        constructor->Set(name, BuildFunction(isolate, member.name, member.callback, member.length));
        break;
      case MemberKind::kConstant: {
        v8::Local<v8::Value> value = v8::Number::New(isolate, member.constant);
        constructor->Set(name, value, kConstant);
        prototype->Set(name, value, kConstant);
        break;
      }
    }
  }
  prototype->Set(v8::Symbol::GetToStringTag(isolate), class_name,
                 static_cast<v8::PropertyAttribute>(v8::ReadOnly | v8::DontEnum));
  realm.SetClassTemplate(spec, constructor);
  return constructor;
}

void CollectReferences(const ClassSpec& spec, std::vector<intptr_t>* references) {
  if (spec.constructor) references->push_back(reinterpret_cast<intptr_t>(spec.constructor));
  for (const Member& member : spec.members) {
    if (member.callback) references->push_back(reinterpret_cast<intptr_t>(member.callback));
    if (member.setter) references->push_back(reinterpret_cast<intptr_t>(member.setter));
  }
}

}  // namespace verge::bindings
