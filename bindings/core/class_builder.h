// From a ClassSpec to a V8 template.
#ifndef BINDINGS_CORE_CLASS_BUILDER_H_
#define BINDINGS_CORE_CLASS_BUILDER_H_

#include <v8.h>

#include <vector>

#include "bindings/core/class_spec.h"
#include "bindings/core/realm.h"

namespace verge::bindings {

// Builds the template by Web IDL's rules for interface objects (https://webidl.spec.whatwg.org/#interface-object) and
// keeps it in `realm`. The parent's must be there. While the snapshot is built only.
v8::Local<v8::FunctionTemplate> BuildClass(Realm& realm, const ClassSpec& spec);

// A plain function, without prototype or [[Construct]].
v8::Local<v8::FunctionTemplate> BuildFunction(v8::Isolate* isolate, const char* name, v8::FunctionCallback callback,
                                              int length, v8::Local<v8::Signature> signature = {}, bool pure = false);

// The addresses of all callbacks of a class, for the snapshot.
void CollectReferences(const ClassSpec& spec, std::vector<intptr_t>* references);

// The constructor of classes without one; throws "Illegal constructor".
void IllegalConstructor(const v8::FunctionCallbackInfo<v8::Value>& info);

}  // namespace verge::bindings

#endif  // BINDINGS_CORE_CLASS_BUILDER_H_
