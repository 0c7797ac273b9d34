#include "bindings/fetch/response.h"

#include <ada.h>

#include <algorithm>
#include <memory>
#include <string_view>

namespace verge::bindings {
namespace {

// In the owner's bits beside a body's flags.
constexpr uint16_t kStatusMask = 0x3ff;
constexpr uint16_t kEncodedFlag = 0x400;

bool IsNullBodyStatus(int status) { return status == 101 || status == 204 || status == 205 || status == 304; }

// RFC 9112, 4: reason-phrase.
bool IsReasonPhrase(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

Result<v8::Local<v8::Object>> NewHeaders(Cx& cx, std::unique_ptr<Headers> headers) {
  v8::Local<v8::Object> object;
  if (!NewObject(cx.isolate, std::move(headers)).ToLocal(&object)) return Pending();
  return object;
}

// "Initialize a response", https://fetch.spec.whatwg.org/#initialize-a-response
Result<> Initialize(Cx& cx, v8::Local<v8::Object> self, Response::Init& init, v8::Local<v8::Value> body,
                    BodyType type) {
  int status = init.status.value_or(200);
  if (!init.web_socket.IsEmpty() && !init.web_socket->IsNullOrUndefined()) {
    v8::Local<v8::Value> arguments[] = {init.web_socket};
    v8::Local<v8::Value> handle;
    if (!cx.realm().CallInternal(cx.context, Name::kWebSocketHandle, arguments).ToLocal(&handle)) return Pending();
    if (!handle->IsObject()) return std::unexpected(cx.MakeTypeError("member webSocket is not of type 'WebSocket'."));
    if (status != 101) return RangeError("Responses with a WebSocket must have status code 101.");
    SetSlot(self, Response::kWebSocketSlot, init.web_socket);
  } else if (status < 200 || status > 599) {
    return RangeError("Responses may only be constructed with status codes in the range 200 to 599, inclusive.");
  }
  if (init.status_text && !IsReasonPhrase(init.status_text->value)) {
    return std::unexpected(cx.MakeTypeError("Invalid statusText"));
  }
  if (init.status_text && !init.status_text->value.empty()) {
    v8::Local<v8::String> text;
    if (!NewOneByteString(cx.isolate, init.status_text->value).ToLocal(&text)) return Pending();
    SetSlot(self, Response::kStatusTextSlot, text);
  }
  bool has_body = !body->IsNullOrUndefined();
  // What a blob's type is, nobody knows any more once the body has become a stream.
  if (init.headers || type == BodyType::kBlob) {
    auto headers = std::make_unique<Headers>();
    if (init.headers) {
      if (auto filled = headers->Fill(cx, *init.headers); !filled) return filled;
    }
    if (has_body && type != BodyType::kNone && !headers->Contains("content-type")) {
      headers->SetTrusted("Content-Type", ContentTypeOf(type, body));
    }
    auto object = NewHeaders(cx, std::move(headers));
    if (!object) return std::unexpected(object.error());
    SetSlot(self, Response::kHeadersSlot, *object);
  }
  if (has_body && IsNullBodyStatus(status)) {
    return std::unexpected(
        cx.MakeTypeError("Response with null body status (101, 204, 205, or 304) cannot have a body."));
  }
  uint16_t encoded = 0;
  if (init.encode_body && *init.encode_body != "automatic") {
    if (*init.encode_body != "manual") return TypeError("encodeBody: unexpected value: " + *init.encode_body);
    encoded = kEncodedFlag;
  }
  SetBody(cx.isolate, self, body, type, static_cast<uint16_t>(status | encoded));
  return {};
}

}  // namespace

bool Response::Init::Read(Cx& cx, v8::Local<v8::Object> object, Init* out) {
  // An own Response needs no property look-ups: that is `new Response(body, response)`.
  return ReadMember(cx, object, Name::kEncodeBody, &out->encode_body) &&
         ReadMember(cx, object, Name::kHeaders, &out->headers) && ReadMember(cx, object, Name::kStatus, &out->status) &&
         ReadMember(cx, object, Name::kStatusText, &out->status_text) &&
         ReadMember(cx, object, Name::kWebSocket, &out->web_socket);
}

Result<> Response::Construct(Cx& cx, v8::Local<v8::Value> body_init, Init init) {
  v8::Local<v8::Value> body = v8::Null(cx.isolate);
  BodyType type = BodyType::kNone;
  if (!body_init->IsNullOrUndefined()) {
    auto extracted = ExtractBody(cx, body_init, &body);
    if (!extracted) return std::unexpected(extracted.error());
    type = *extracted;
  }
  return Initialize(cx, cx.self, init, body, type);
}

Result<v8::Local<v8::Value>> Response::Error(Cx& cx) {
  v8::Local<v8::Object> response;
  v8::Local<v8::String> type;
  if (!NewObject(cx.isolate, kSpec).ToLocal(&response) || !NewString(cx.isolate, "error").ToLocal(&type)) {
    return Pending();
  }
  auto headers = std::make_unique<Headers>();
  headers->set_immutable(true);
  auto object = NewHeaders(cx, std::move(headers));
  if (!object) return std::unexpected(object.error());
  SetSlot(response, kHeadersSlot, *object);
  SetBody(cx.isolate, response, v8::Null(cx.isolate), BodyType::kNone, 0);
  SetSlot(response, kTypeSlot, type);
  return response.As<v8::Value>();
}

Result<v8::Local<v8::Value>> Response::Json(Cx& cx, AnyValue value, Init init) {
  v8::Local<v8::Value> data = value.value;
  v8::Local<v8::String> text;
  // V8 gives "undefined" for what JSON cannot express (undefined, functions, symbols).
  if (data->IsUndefined() || data->IsFunction() || data->IsSymbol()) {
    return std::unexpected(cx.MakeTypeError("The data is not JSON serializable"));
  }
  if (!v8::JSON::Stringify(cx.context, data).ToLocal(&text)) return Pending();
  v8::Local<v8::Object> response;
  if (!NewObject(cx.isolate, kSpec).ToLocal(&response)) return Pending();
  if (auto done = Initialize(cx, response, init, text, BodyType::kJson); !done) return std::unexpected(done.error());
  return response.As<v8::Value>();
}

Result<v8::Local<v8::Value>> Response::Redirect(Cx& cx, std::string url, std::optional<int32_t> status) {
  auto parsed = ada::parse<ada::url_aggregator>(url);
  if (!parsed) return std::unexpected(cx.MakeTypeError("Unable to parse URL: " + url));
  int code = status.value_or(302);
  if (code != 301 && code != 302 && code != 303 && code != 307 && code != 308) {
    return RangeError("Failed to execute 'redirect' on 'Response': Invalid status code");
  }
  v8::Local<v8::Object> response;
  if (!NewObject(cx.isolate, kSpec).ToLocal(&response)) return Pending();
  auto headers = std::make_unique<Headers>();
  headers->SetTrusted("Location", parsed->get_href());
  headers->set_immutable(true);
  auto object = NewHeaders(cx, std::move(headers));
  if (!object) return std::unexpected(object.error());
  SetSlot(response, kHeadersSlot, *object);
  SetBody(cx.isolate, response, v8::Null(cx.isolate), BodyType::kNone, static_cast<uint16_t>(code));
  return response.As<v8::Value>();
}

Result<v8::Local<v8::Value>> Response::Clone(Cx& cx) {
  if (GetSlot(cx.self, kWebSocketSlot)->IsObject()) {
    return TypeError("Cannot clone a response to a WebSocket handshake.");
  }
  v8::Local<v8::Object> copy;
  if (!NewObject(cx.isolate, kSpec).ToLocal(&copy)) return Pending();
  if (auto cloned = CloneBody(cx, cx.self, copy); !cloned) return std::unexpected(cloned.error());
  for (int slot : {kStatusTextSlot, kTypeSlot, kUrlSlot, kRedirectedSlot}) SetSlot(copy, slot, GetSlot(cx.self, slot));
  if (Headers* headers = HeadersOf(cx.self)) {
    auto duplicate = std::make_unique<Headers>();
    duplicate->Fill(*headers);
    duplicate->set_immutable(headers->immutable());
    auto object = NewHeaders(cx, std::move(duplicate));
    if (!object) return std::unexpected(object.error());
    SetSlot(copy, kHeadersSlot, *object);
  }
  return copy.As<v8::Value>();
}

v8::MaybeLocal<v8::Object> Response::NewFetched(v8::Isolate* isolate, int status, std::string_view status_text,
                                                std::unique_ptr<Headers> fields, v8::Local<v8::Value> body,
                                                std::string_view url, bool redirected) {
  v8::Local<v8::Object> response;
  v8::Local<v8::Object> headers;
  v8::Local<v8::String> text;
  v8::Local<v8::String> href;
  if (!NewObject(isolate, kSpec).ToLocal(&response) || !NewObject(isolate, std::move(fields)).ToLocal(&headers) ||
      !NewOneByteString(isolate, status_text).ToLocal(&text) || !NewOneByteString(isolate, url).ToLocal(&href)) {
    return {};
  }
  SetBody(isolate, response, body, BodyType::kNone, static_cast<uint16_t>(status));
  SetSlot(response, kHeadersSlot, headers);
  SetSlot(response, kStatusTextSlot, text);
  SetSlot(response, kUrlSlot, href);
  SetSlot(response, kTypeSlot, NewSymbolName(isolate, "basic"));
  if (redirected) SetSlot(response, kRedirectedSlot, v8::True(isolate));
  return response;
}

int Response::StatusOf(v8::Local<v8::Object> response) { return OwnerBits(response) & kStatusMask; }

bool Response::IsEncoded(v8::Local<v8::Object> response) { return (OwnerBits(response) & kEncodedFlag) != 0; }

Headers* Response::HeadersOf(v8::Local<v8::Object> response) {
  return Unwrap<Headers>(GetSlot(response, kHeadersSlot));
}

int32_t Response::GetStatus(Cx& cx) { return StatusOf(cx.self); }

bool Response::GetOk(Cx& cx) {
  int status = StatusOf(cx.self);
  return status >= 200 && status <= 299;
}

v8::Local<v8::Value> Response::GetStatusText(Cx& cx) {
  v8::Local<v8::Value> text = GetSlot(cx.self, kStatusTextSlot);
  return text->IsString() ? text : v8::String::Empty(cx.isolate).As<v8::Value>();
}

Result<v8::Local<v8::Value>> Response::GetHeaders(Cx& cx) {
  v8::Local<v8::Value> existing = GetSlot(cx.self, kHeadersSlot);
  if (existing->IsObject()) return existing;
  auto headers = std::make_unique<Headers>();
  if (HasBody(cx.self)) {
    if (BodyType type = BodyTypeOf(cx.self); type != BodyType::kNone) {
      headers->SetTrusted("Content-Type", ContentTypeOf(type));
    }
  }
  auto object = NewHeaders(cx, std::move(headers));
  if (!object) return std::unexpected(object.error());
  SetSlot(cx.self, kHeadersSlot, *object);
  return object->As<v8::Value>();
}

v8::Local<v8::Value> Response::GetType(Cx& cx) {
  v8::Local<v8::Value> type = GetSlot(cx.self, kTypeSlot);
  return type->IsString() ? type : NewSymbolName(cx.isolate, "default").As<v8::Value>();
}

v8::Local<v8::Value> Response::GetUrl(Cx& cx) {
  v8::Local<v8::Value> url = GetSlot(cx.self, kUrlSlot);
  return url->IsString() ? url : v8::String::Empty(cx.isolate).As<v8::Value>();
}

bool Response::GetRedirected(Cx& cx) { return GetSlot(cx.self, kRedirectedSlot)->IsTrue(); }

v8::Local<v8::Value> Response::GetWebSocket(Cx& cx) {
  v8::Local<v8::Value> socket = GetSlot(cx.self, kWebSocketSlot);
  return socket->IsObject() ? socket : v8::Null(cx.isolate).As<v8::Value>();
}

}  // namespace verge::bindings
