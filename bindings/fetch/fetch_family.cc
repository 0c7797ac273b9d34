#include "bindings/fetch/fetch_family.h"

#include "bindings/fetch/body.h"
#include "bindings/fetch/cache_context.h"
#include "bindings/fetch/execution_context.h"
#include "bindings/fetch/fetch.h"
#include "bindings/fetch/headers.h"
#include "bindings/fetch/request.h"
#include "bindings/fetch/response.h"
#include "bindings/fetch/stream_pump.h"

namespace verge::bindings {
namespace {

constexpr const ClassSpec* kClasses[] = {
    &Headers::kSpec,    &Request::kSpec,    &Response::kSpec,    &ExecutionContext::kSpec,
    &NativeBody::kSpec, &PumpTarget::kSpec, &FetchHandle::kSpec, &CacheContext::kSpec,
};

}  // namespace

constinit const Family kFetchFamily = {
    .classes = kClasses, .globals = kFetchGlobals, .natives = kBodyNatives, .lazy_globals = {}};

}  // namespace verge::bindings
