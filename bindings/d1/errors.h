// The errors of D1 as workers see them: an Error whose message begins with a code, and whose `cause` has it without.
#ifndef BINDINGS_D1_ERRORS_H_
#define BINDINGS_D1_ERRORS_H_

#include <v8.h>

#include <string>
#include <string_view>

#include "bindings/core/error.h"

namespace verge::bindings {

// Throws Error(`${code}: ${message}`, { cause: Error(cause) }). What a native function returns then.
std::unexpected<Error> D1Error(v8::Isolate* isolate, std::string_view code, std::string_view message,
                               std::string_view cause);
inline std::unexpected<Error> D1Error(v8::Isolate* isolate, std::string_view code, std::string_view message) {
  return D1Error(isolate, code, message, message);
}

}  // namespace verge::bindings

#endif  // BINDINGS_D1_ERRORS_H_
