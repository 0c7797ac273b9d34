#include "bindings/d1/errors.h"

#include "bindings/core/strings.h"

namespace verge::bindings {

std::unexpected<Error> D1Error(v8::Isolate* isolate, std::string_view code, std::string_view message,
                               std::string_view cause) {
  v8::Local<v8::String> text;
  v8::Local<v8::String> cause_text;
  v8::Local<v8::Context> context = isolate->GetCurrentContext();
  if (!NewString(isolate, std::string(code) + ": " + std::string(message)).ToLocal(&text) ||
      !NewString(isolate, cause).ToLocal(&cause_text)) {
    return Pending();
  }
  v8::Local<v8::Object> options = v8::Object::New(isolate);
  if (!options->CreateDataProperty(context, NewSymbolName(isolate, "cause"), v8::Exception::Error(cause_text))
           .FromMaybe(false)) {
    return Pending();
  }
  isolate->ThrowException(v8::Exception::Error(text, options));
  return Pending();
}

}  // namespace verge::bindings
