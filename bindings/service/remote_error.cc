#include "bindings/service/remote_error.h"

#include <string>
#include <utility>

#include "bindings/core/strings.h"
#include "http/message.h"

namespace verge::bindings {

EventFailure FailureOf(std::string_view text) {
  const size_t colon = text.find(": ");
  if (colon == std::string_view::npos || !text.substr(0, colon).ends_with("Error") ||
      !http::IsToken(text.substr(0, colon))) {
    return {.name = "", .message = std::string(text)};
  }
  return {.name = std::string(text.substr(0, colon)), .message = std::string(text.substr(colon + 2))};
}

Error ToError(EventFailure failure) {
  if (failure.name == "TypeError") return {ErrorKind::kTypeError, std::move(failure.message)};
  if (failure.name == "RangeError") return {ErrorKind::kRangeError, std::move(failure.message)};
  if (failure.name == "SyntaxError") return {ErrorKind::kSyntaxError, std::move(failure.message)};
  for (const char* name : {"AbortError", "DataCloneError", "NotSupportedError", "TimeoutError"}) {
    if (failure.name == name) return {ErrorKind::kDomException, std::move(failure.message), name};
  }
  if (failure.name == "Error" || failure.name.empty()) return {ErrorKind::kError, std::move(failure.message)};
  return {ErrorKind::kError, failure.name + ": " + failure.message};
}

void MarkRemote(v8::Local<v8::Context> context, v8::Local<v8::Value> exception) {
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  if (!exception->IsObject()) return;
  // A failure is a termination, which whoever goes on finds.
  (void)exception.As<v8::Object>()->CreateDataProperty(context, NewSymbolName(isolate, "remote"),
                                                       v8::True(isolate).As<v8::Value>());
}

}  // namespace verge::bindings
