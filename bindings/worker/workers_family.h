// What the module cloudflare:workers asks of C++ (worker/workers_module.js).
#ifndef BINDINGS_WORKER_WORKERS_FAMILY_H_
#define BINDINGS_WORKER_WORKERS_FAMILY_H_

#include "bindings/core/family.h"

namespace verge::bindings {

extern const Family kWorkersFamily;

}  // namespace verge::bindings

#endif  // BINDINGS_WORKER_WORKERS_FAMILY_H_
