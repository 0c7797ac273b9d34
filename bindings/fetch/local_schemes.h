// What fetch() answers without a network: data: and blob: URLs (https://fetch.spec.whatwg.org/#scheme-fetch).
#ifndef BINDINGS_FETCH_LOCAL_SCHEMES_H_
#define BINDINGS_FETCH_LOCAL_SCHEMES_H_

#include <v8.h>

#include "bindings/core/convert.h"
#include "bindings/core/error.h"
#include "bindings/fetch/outgoing_request.h"

namespace verge::bindings {

// A promise of a Response, or the error that fetch() fails with: for other schemes, too.
Result<v8::Local<v8::Value>> FetchLocal(Cx& cx, const OutgoingRequest& request);

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_LOCAL_SCHEMES_H_
