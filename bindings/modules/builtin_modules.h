// Modules that come with the runtime: "node:async_hooks", "cloudflare:workers".
//
// Each is a script of bindings/modules.list: a function body with the parameters of the scripts in the snapshot
// (`internal`, `native`) that returns an object with the module's exports. It is compiled and run when a worker first
// imports it; the text is read in place, out of the binary.
#ifndef BINDINGS_MODULES_BUILTIN_MODULES_H_
#define BINDINGS_MODULES_BUILTIN_MODULES_H_

#include <v8.h>

#include <span>
#include <string_view>

namespace verge::bindings {

struct BuiltinModuleSource {
  std::string_view specifier;
  const char* script_name;  // in stack traces
  std::string_view text;    // ASCII
};

// Generated at build time.
std::span<const BuiltinModuleSource> BuiltinModuleSources();

// The specifier in its full form, "" when there is no such module. Those of Node.js go without "node:" as well.
std::string_view FindBuiltinModule(std::string_view specifier);

// The exports of a module, by its full name: the same object each time. Empty: an exception or a termination is
// pending.
v8::MaybeLocal<v8::Object> LoadBuiltinModule(v8::Isolate* isolate, v8::Local<v8::Context> context,
                                             std::string_view specifier);

}  // namespace verge::bindings

#endif  // BINDINGS_MODULES_BUILTIN_MODULES_H_
