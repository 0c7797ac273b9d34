// The text of a module's file as V8 reads it.
#ifndef RUNTIME_SOURCE_TEXT_H_
#define RUNTIME_SOURCE_TEXT_H_

#include <v8.h>

#include <memory>

#include "runtime/module_source.h"

namespace verge::runtime {

// What is large lies in memory once, outside of V8's heap, and all isolates of the process share it: ASCII as the file
// has it, anything else converted for the first of them and kept for as long as one of them needs it. Empty when it is
// too long. What is not UTF-8 becomes U+FFFD.
v8::MaybeLocal<v8::String> SourceText(v8::Isolate* isolate, const std::shared_ptr<const ModuleFile>& file);

}  // namespace verge::runtime

#endif  // RUNTIME_SOURCE_TEXT_H_
