// A request of a worker to another one, as an event of that.
#ifndef BINDINGS_FETCH_SERVICE_FETCH_H_
#define BINDINGS_FETCH_SERVICE_FETCH_H_

#include <memory>

#include "bindings/service/call_chain.h"
#include "bindings/service/service_exchange.h"
#include "bindings/service/service_router.h"
#include "http/ref_counted.h"

namespace verge::bindings {

// Has `exchange` handled by the worker that `target` stands for, as an event at `chain`.
void SendToService(ServiceRouter& router, std::shared_ptr<const ServiceTarget> target,
                   http::Ref<ServiceExchange> exchange, CallChain chain);

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_SERVICE_FETCH_H_
