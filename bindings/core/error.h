// Errors on their way from C++ to JavaScript.
#ifndef BINDINGS_CORE_ERROR_H_
#define BINDINGS_CORE_ERROR_H_

#include <v8.h>

#include <expected>
#include <string>
#include <string_view>

namespace verge::bindings {

enum class ErrorKind : uint8_t {
  kPending,  // V8 has an exception already, or execution is being terminated
  kError,
  kTypeError,
  kRangeError,
  kSyntaxError,
  kDomException,
};

// What a native function returns instead of throwing. The trampoline in function.h turns it into a JavaScript
// exception, the one place where that happens.
struct Error {
  ErrorKind kind = ErrorKind::kPending;
  std::string message;
  const char* dom_name = "Error";  // for kDomException: "DataCloneError", "AbortError" …
};

template <typename T = void>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> Pending() { return std::unexpected(Error{}); }
inline std::unexpected<Error> TypeError(std::string message) {
  return std::unexpected(Error{ErrorKind::kTypeError, std::move(message)});
}
inline std::unexpected<Error> RangeError(std::string message) {
  return std::unexpected(Error{ErrorKind::kRangeError, std::move(message)});
}
inline std::unexpected<Error> PlainError(std::string message) {
  return std::unexpected(Error{ErrorKind::kError, std::move(message)});
}
inline std::unexpected<Error> DomError(const char* name, std::string message) {
  return std::unexpected(Error{ErrorKind::kDomException, std::move(message), name});
}

// The JavaScript value of an error. Empty when execution is being terminated. For kPending: empty.
v8::MaybeLocal<v8::Value> ToValue(v8::Isolate* isolate, const Error& error);

// Throws it, unless it is pending already.
void Throw(v8::Isolate* isolate, const Error& error);

}  // namespace verge::bindings

#endif  // BINDINGS_CORE_ERROR_H_
