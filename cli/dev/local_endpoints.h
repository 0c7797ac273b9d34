// What `verge dev` answers itself: addresses that cause a scheduled event, and /cdn-cgi/trace.
#ifndef CLI_DEV_LOCAL_ENDPOINTS_H_
#define CLI_DEV_LOCAL_ENDPOINTS_H_

#include "bindings/worker/worker_host.h"
#include "http/server.h"

namespace verge::cli {

struct LocalEndpoints {
  bool test_scheduled = false;  // /__scheduled, too, is one

  // Answers, now or when the event is over. False: the request is the worker's.
  bool OnRequest(bindings::WorkerHost& host, const http::Ref<http::Exchange>& exchange) const;
};

}  // namespace verge::cli

#endif  // CLI_DEV_LOCAL_ENDPOINTS_H_
