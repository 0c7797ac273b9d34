// A family of APIs: what one folder below bindings/ adds to the global scope.
#ifndef BINDINGS_CORE_FAMILY_H_
#define BINDINGS_CORE_FAMILY_H_

#include <v8.h>

#include <span>

#include "bindings/core/class_spec.h"
#include "bindings/core/function.h"

namespace verge::bindings {

// A property of the global object whose value is made when it is first read.
struct LazyGlobal {
  const char* name;
  v8::AccessorNameGetterCallback getter;
  v8::PropertyAttribute attributes = v8::None;  // DontEnum for classes
};

struct Family {
  // Parents before children.
  std::span<const ClassSpec* const> classes;
  // Functions on the global object.
  std::span<const GlobalFunction> globals;
  // Functions for the family's scripts: properties of their `native` parameter.
  std::span<const GlobalFunction> natives;
  std::span<const LazyGlobal> lazy_globals;
};

}  // namespace verge::bindings

#endif  // BINDINGS_CORE_FAMILY_H_
