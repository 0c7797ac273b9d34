// The startup snapshot: V8's heap with all APIs installed, made when verge is built.
#ifndef RUNTIME_SNAPSHOT_H_
#define RUNTIME_SNAPSHOT_H_

#include <v8.h>

namespace verge::runtime {

// The blob in the binary. Every isolate starts from it.
const v8::StartupData* EmbeddedSnapshot();

}  // namespace verge::runtime

#endif  // RUNTIME_SNAPSHOT_H_
