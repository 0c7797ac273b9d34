// Exceptions on their way from one worker to another: no object crosses, only what they say.
#ifndef BINDINGS_SERVICE_REMOTE_ERROR_H_
#define BINDINGS_SERVICE_REMOTE_ERROR_H_

#include <v8.h>

#include <string_view>

#include "bindings/core/error.h"
#include "bindings/fetch/event_purpose.h"

namespace verge::bindings {

// Of an exception's text as V8 gives it: "TypeError: x is not a function".
EventFailure FailureOf(std::string_view text);

// An Error of the same built-in class; of another one, an Error that has the whole text.
Error ToError(EventFailure failure);

// Throws `error`. `remote`: with `remote: true`, so that a caller can tell it from one of its own. Always empty, for
// AwaitIo::Settle.
v8::MaybeLocal<v8::Value> ThrowFailure(v8::Local<v8::Context> context, const Error& error, bool remote);

}  // namespace verge::bindings

#endif  // BINDINGS_SERVICE_REMOTE_ERROR_H_
