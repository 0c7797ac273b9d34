// Two ends of a connection that leaves the process nowhere: a WebSocket between two workers.
#ifndef BINDINGS_SERVICE_TRANSPORT_PAIR_H_
#define BINDINGS_SERVICE_TRANSPORT_PAIR_H_

#include <memory>
#include <utility>

#include "http/client/transport.h"
#include "runtime/shard.h"

namespace verge::bindings {

// What is written to one end is read at the other one, from the loop. Write says how much waits to be read there, and
// OnDrained that nothing does. On the shard's thread.
std::pair<std::unique_ptr<http::Transport>, std::unique_ptr<http::Transport>> MakeTransportPair(runtime::Shard& shard);

}  // namespace verge::bindings

#endif  // BINDINGS_SERVICE_TRANSPORT_PAIR_H_
