// The description of one JavaScript class that C++ implements: its name and a table of members.
//
// Everything else derives from it: the FunctionTemplate, `length`, the accessors on the prototype, the external
// references of the startup snapshot and the type check of receivers and arguments. See class_builder.h for the table's
// entries and docs/architecture.md, "How to add an API".
#ifndef BINDINGS_CORE_CLASS_SPEC_H_
#define BINDINGS_CORE_CLASS_SPEC_H_

#include <v8.h>

#include <cstdint>
#include <span>

namespace verge::bindings {

struct Cx;

enum class MemberKind : uint8_t {
  kMethod,       // on the prototype
  kGetter,       // accessor on the prototype, with a setter or without
  kStatic,       // on the constructor
  kConstant,     // number, on the constructor and on the prototype
  kAsyncMethod,  // returns a promise: never throws, not even for a wrong receiver
};

struct Member {
  MemberKind kind;
  const char* name;
  v8::FunctionCallback callback = nullptr;
  v8::FunctionCallback setter = nullptr;
  int length = 0;  // required arguments
  double constant = 0;
  bool pure = false;  // reading it has no side effect: debuggers may
};

// One per class, in static storage: its address is the class's identity, kept in the first internal field of each
// instance.
struct alignas(8) ClassSpec {
  const char* name;
  const ClassSpec* parent = nullptr;
  v8::FunctionCallback constructor = nullptr;  // null: "Illegal constructor"
  int constructor_length = 0;
  std::span<const Member> members;
  int slots = 0;            // JavaScript values that each instance holds, see object.h
  bool slots_only = false;  // instances never have a C++ object
  bool exposed = true;      // on the global object
  // For serializable objects (https://html.spec.whatwg.org/#serializable-objects): a copy of an instance, which has its
  // C++ object if the class has any, for structuredClone and messages. May throw. Null: the parent's; without one it
  // cannot be cloned.
  v8::MaybeLocal<v8::Object> (*clone)(Cx& cx, v8::Local<v8::Object> object) = nullptr;
};

// Where things are in the internal fields of an instance.
inline constexpr int kSpecField = 0;
inline constexpr int kNativeField = 1;
inline constexpr int kFirstSlot = 2;

}  // namespace verge::bindings

#endif  // BINDINGS_CORE_CLASS_SPEC_H_
