// put() of a ReadableStream.
#ifndef BINDINGS_KV_KV_PUT_STREAM_H_
#define BINDINGS_KV_KV_PUT_STREAM_H_

#include <v8.h>

#include <memory>
#include <string>

#include "bindings/core/convert.h"
#include "bindings/core/error.h"
#include "kv/namespace.h"
#include "kv/value.h"
#include "runtime/invocation.h"

namespace verge::bindings {

// Reads `stream` to its end and puts what it gave. `value` has all but the bytes. Of a body that came from a socket and
// was never looked at, no byte enters JavaScript.
Result<v8::Local<v8::Value>> KvPutStream(Cx& cx, runtime::Invocation* invocation,
                                         std::shared_ptr<kv::Namespace> name_space, std::string key,
                                         std::shared_ptr<kv::Value> value, v8::Local<v8::Object> stream);

}  // namespace verge::bindings

#endif  // BINDINGS_KV_KV_PUT_STREAM_H_
