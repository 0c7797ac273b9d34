#include "bindings/fetch/fetch.h"

#include <utility>

#include "bindings/core/invocation_scope.h"
#include "bindings/fetch/fetch_operation.h"
#include "bindings/fetch/fetched_body.h"
#include "bindings/fetch/local_schemes.h"
#include "bindings/fetch/outgoing_request.h"
#include "bindings/fetch/redirect.h"

namespace verge::bindings {
namespace {

Result<v8::Local<v8::Value>> Fetch(Cx& cx, AnyValue input, v8::Local<v8::Value> init) {
  auto invocation = RequireInvocation(cx);
  if (!invocation) return std::unexpected(invocation.error());
  auto request = MakeOutgoingRequest(cx, *invocation, input.value, init);
  if (!request) return std::unexpected(request.error());
  if (!IsHttp(request->url)) return FetchLocal(cx, *request);
  return FetchOperation::Start(cx, *invocation, *std::move(request));
}

}  // namespace

constinit const GlobalFunction kFetchGlobals[1] = {AsyncFunction<"fetch", &Fetch>()};

FetchHandle::~FetchHandle() = default;

void FetchHandle::SetBody(http::Ref<FetchedBody> body) { body_ = std::move(body); }

void FetchHandle::Abort(Cx& cx, v8::Local<v8::Value> reason) {
  if (FetchOperation* operation = std::exchange(operation_, nullptr)) operation->Abort(reason);
  if (http::Ref<FetchedBody> body = std::exchange(body_, nullptr)) body->Abort("The request was aborted.");
}

}  // namespace verge::bindings
