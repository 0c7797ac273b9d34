// request.cf of a request that came in: what is known of its client's connection.
// https://developers.cloudflare.com/workers/runtime-apis/request/#incomingrequestcfproperties
#ifndef BINDINGS_FETCH_CLIENT_FACTS_H_
#define BINDINGS_FETCH_CLIENT_FACTS_H_

#include <v8.h>

#include <string>

#include "http/message.h"

namespace verge::bindings {

// `more` is a JSON object of further members, or null; its members come last and win. Empty: termination or no memory.
v8::MaybeLocal<v8::Object> NewClientFacts(v8::Isolate* isolate, const http::RequestHead& head, const std::string* more);

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_CLIENT_FACTS_H_
