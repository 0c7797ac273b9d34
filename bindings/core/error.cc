#include "bindings/core/error.h"

#include "bindings/core/realm.h"
#include "bindings/core/strings.h"

namespace verge::bindings {

v8::MaybeLocal<v8::Value> ToValue(v8::Isolate* isolate, const Error& error) {
  v8::Local<v8::String> message;
  if (error.kind == ErrorKind::kPending || !NewString(isolate, error.message).ToLocal(&message)) return {};
  switch (error.kind) {
    case ErrorKind::kTypeError:
      return v8::Exception::TypeError(message);
    case ErrorKind::kRangeError:
      return v8::Exception::RangeError(message);
    case ErrorKind::kSyntaxError:
      return v8::Exception::SyntaxError(message);
    case ErrorKind::kDomException: {
      v8::Local<v8::Context> context = isolate->GetCurrentContext();
      v8::Local<v8::Function> constructor;
      v8::Local<v8::String> name;
      if (!Realm::From(isolate).internal_function(context, Name::kDomException).ToLocal(&constructor) ||
          !NewString(isolate, error.dom_name).ToLocal(&name)) {
        return {};
      }
      v8::Local<v8::Value> arguments[] = {message, name};
      v8::Local<v8::Object> exception;
      if (!constructor->NewInstance(context, 2, arguments).ToLocal(&exception)) return {};
      return exception.As<v8::Value>();
    }
    case ErrorKind::kError:
    case ErrorKind::kPending:
      break;
  }
  return v8::Exception::Error(message);
}

void Throw(v8::Isolate* isolate, const Error& error) {
  v8::Local<v8::Value> value;
  if (ToValue(isolate, error).ToLocal(&value)) isolate->ThrowException(value);
}

}  // namespace verge::bindings
