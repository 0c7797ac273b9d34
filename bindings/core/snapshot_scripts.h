// The scripts that the startup snapshot is made with (bindings/scripts.list).
//
// V8 keeps the text of a script for as long as it may compile a function of it. In a snapshot it would be copied into
// the heap of every isolate; so the text stays in the binary, and the snapshot refers to it as to C++ functions.
#ifndef BINDINGS_CORE_SNAPSHOT_SCRIPTS_H_
#define BINDINGS_CORE_SNAPSHOT_SCRIPTS_H_

#include <v8.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "bindings/core/lazy_script.h"

namespace verge::bindings {

// Made by build/embed.py, in the order in which they are run.
extern const LazyScript kSnapshotScripts[];
extern const size_t kSnapshotScriptCount;

// The text of script `index` as V8 reads it: the same object for every isolate, never destroyed.
v8::String::ExternalOneByteStringResource* SnapshotScriptText(size_t index);

// What a snapshot refers to them by.
void CollectTextReferences(std::vector<intptr_t>* references);

}  // namespace verge::bindings

#endif  // BINDINGS_CORE_SNAPSHOT_SCRIPTS_H_
