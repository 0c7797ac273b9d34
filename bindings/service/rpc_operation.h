// A call of another worker's method, from the side of the caller
// (https://developers.cloudflare.com/workers/runtime-apis/rpc/).
#ifndef BINDINGS_SERVICE_RPC_OPERATION_H_
#define BINDINGS_SERVICE_RPC_OPERATION_H_

#include <v8.h>

#include <memory>
#include <string>

#include "bindings/core/convert.h"
#include "bindings/core/error.h"
#include "bindings/service/service_router.h"

namespace verge::bindings {

// Gives the promise of what the method gives. `arguments` is an array.
Result<v8::Local<v8::Value>> CallService(Cx& cx, std::shared_ptr<const ServiceTarget> target, std::string method,
                                         v8::Local<v8::Array> arguments);

}  // namespace verge::bindings

#endif  // BINDINGS_SERVICE_RPC_OPERATION_H_
