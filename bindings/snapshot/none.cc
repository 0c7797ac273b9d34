// For the builder, which makes the snapshot and has none.
#include "runtime/snapshot.h"

namespace verge::runtime {

const v8::StartupData* EmbeddedSnapshot() { return nullptr; }

}  // namespace verge::runtime
