// Scripts that are compiled when one of their globals is first read: what is big and rarely used stays out of the
// startup snapshot, and costs an isolate that does without it nothing.
//
// Such a script is listed in bindings/lazy_scripts.list and is otherwise like those in the snapshot: a function of
// (internal, native) that puts what it makes on `internal`. It may run after the worker's code has: it takes what it
// needs from `internal.primordials`, never from the global object. It sets its properties of `internal` in the end, so
// that one that was stopped half-way is simply run again.
#ifndef BINDINGS_CORE_LAZY_SCRIPT_H_
#define BINDINGS_CORE_LAZY_SCRIPT_H_

#include <v8.h>

#include <cstddef>
#include <string_view>

#include "bindings/core/function.h"

namespace verge::bindings {

struct LazyScript {
  std::string_view path;
  std::string_view text;  // ASCII
};

// Made by build/embed.py.
extern const LazyScript kLazyScripts[];
extern const size_t kLazyScriptCount;

// The value of `internal[name]`, which the script at `path` makes. Runs it if that has not been done. Empty: it threw,
// or execution is being terminated.
v8::MaybeLocal<v8::Value> GetFromLazyScript(v8::Local<v8::Context> context, std::string_view path,
                                            v8::Local<v8::Name> name);

// The getter of a LazyGlobal that a script makes.
template <FixedString kPath>
void FromScript(v8::Local<v8::Name> name, const v8::PropertyCallbackInfo<v8::Value>& info) {
  v8::Local<v8::Value> value;
  if (GetFromLazyScript(info.GetIsolate()->GetCurrentContext(), kPath.text, name).ToLocal(&value)) {
    info.GetReturnValue().Set(value);
  }
}

}  // namespace verge::bindings

#endif  // BINDINGS_CORE_LAZY_SCRIPT_H_
