// The bindings as the runtime sees them.
#ifndef BINDINGS_API_H_
#define BINDINGS_API_H_

#include "runtime/worker_isolate.h"

namespace verge::bindings {

// One for the process; lives until it ends.
runtime::Api* GetApi();

}  // namespace verge::bindings

#endif  // BINDINGS_API_H_
