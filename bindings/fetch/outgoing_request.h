// A request on its way out of a worker: everything that fetch() needs of its arguments, copied out of the isolate.
#ifndef BINDINGS_FETCH_OUTGOING_REQUEST_H_
#define BINDINGS_FETCH_OUTGOING_REQUEST_H_

#include <ada.h>
#include <v8.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bindings/core/convert.h"
#include "bindings/core/error.h"
#include "bindings/fetch/field_list.h"
#include "bindings/fetch/stream_pump.h"
#include "http/body.h"
#include "http/bytes.h"
#include "http/message.h"
#include "runtime/invocation.h"

namespace verge::bindings {

enum class RedirectMode : uint8_t { kFollow, kManual, kError };

struct OutgoingRequest {
  std::string method = "GET";
  ada::url_aggregator url;
  FieldList fields;
  std::variant<std::monostate, http::Bytes, http::Ref<http::BodySource>> body;
  http::Ref<StreamPump> pump;  // when the body is a stream of JavaScript: the same object
  RedirectMode redirect = RedirectMode::kFollow;
  bool upgrade = false;         // the worker asks for a WebSocket
  v8::Local<v8::Value> signal;  // an AbortSignal, or empty

  // A body from a stream is gone once it was sent.
  [[nodiscard]] bool body_is_replayable() const { return !std::holds_alternative<http::Ref<http::BodySource>>(body); }
};

// From the arguments of fetch(). `init` may be undefined. A Request that is given loses its body, as by new Request().
Result<OutgoingRequest> MakeOutgoingRequest(Cx& cx, runtime::Invocation* invocation, v8::Local<v8::Value> input,
                                            v8::Local<v8::Value> init);

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_OUTGOING_REQUEST_H_
