// What a worker's own limits say of a request that the server has let through.
#ifndef BINDINGS_WORKER_REQUEST_LIMITS_H_
#define BINDINGS_WORKER_REQUEST_LIMITS_H_

#include "http/server.h"
#include "runtime/limits.h"

namespace verge::bindings {

// The server holds every request to the limits of the worker that may have the most (http::ServerLimits), as it does
// not know whom a request is for. False: it was too large for this one, and is answered with 413, 414 or 431.
bool AdmitRequest(http::Exchange& exchange, const runtime::Limits& limits);

}  // namespace verge::bindings

#endif  // BINDINGS_WORKER_REQUEST_LIMITS_H_
