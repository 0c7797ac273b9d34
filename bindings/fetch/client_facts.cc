#include "bindings/fetch/client_facts.h"

#include <string_view>

#include "bindings/core/strings.h"

namespace verge::bindings {

v8::MaybeLocal<v8::Object> NewClientFacts(v8::Isolate* isolate, const http::RequestHead& head,
                                          const std::string* more) {
  v8::Local<v8::Context> context = isolate->GetCurrentContext();
  v8::Local<v8::Object> facts = v8::Object::New(isolate);
  const auto add = [&](std::string_view name, v8::MaybeLocal<v8::String> text) {
    v8::Local<v8::String> value;
    return text.ToLocal(&value) &&
           facts->CreateDataProperty(context, NewSymbolName(isolate, name), value).FromMaybe(false);
  };
  if (!add("httpProtocol", NewOneByteString(isolate, head.version() == 10 ? "HTTP/1.0" : "HTTP/1.1")) ||
      !add("requestPriority", v8::String::Empty(isolate)) ||
      !add("tlsVersion", NewOneByteString(isolate, head.tls_version())) ||
      !add("tlsCipher", NewOneByteString(isolate, head.tls_cipher()))) {
    return {};
  }
  if (auto encoding = head.header("accept-encoding")) {
    if (!add("clientAcceptEncoding", NewOneByteString(isolate, *encoding))) return {};
  }
  if (!more) return facts;
  v8::Local<v8::String> text;
  v8::Local<v8::Value> parsed;
  v8::Local<v8::Array> names;
  if (!NewString(isolate, *more).ToLocal(&text) || !v8::JSON::Parse(context, text).ToLocal(&parsed)) return {};
  if (!parsed->IsObject()) return facts;
  v8::Local<v8::Object> members = parsed.As<v8::Object>();
  if (!members
           ->GetOwnPropertyNames(context, v8::PropertyFilter::ALL_PROPERTIES, v8::KeyConversionMode::kConvertToString)
           .ToLocal(&names)) {
    return {};
  }
  for (uint32_t i = 0; i < names->Length(); ++i) {
    v8::Local<v8::Value> name;
    v8::Local<v8::Value> value;
    if (!names->Get(context, i).ToLocal(&name) || !members->Get(context, name).ToLocal(&value)) return {};
    if (name->IsString() && facts->CreateDataProperty(context, name.As<v8::String>(), value).IsNothing()) return {};
  }
  return facts;
}

}  // namespace verge::bindings
