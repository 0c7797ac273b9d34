// No snapshot: isolates start from V8's own.
#include "runtime/snapshot.h"

namespace verge::runtime {

const v8::StartupData* EmbeddedSnapshot() { return nullptr; }

}  // namespace verge::runtime
