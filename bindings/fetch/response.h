// Response (https://fetch.spec.whatwg.org/#response-class).
#ifndef BINDINGS_FETCH_RESPONSE_H_
#define BINDINGS_FETCH_RESPONSE_H_

#include <optional>
#include <string>

#include "bindings/core/convert.h"
#include "bindings/core/function.h"
#include "bindings/fetch/body.h"
#include "bindings/fetch/headers.h"

namespace verge::bindings {

// The whole state of a response is in the slots of its wrapper: the common `new Response(text)` makes one young object
// and nothing to finalise. Headers come into being when somebody looks at them.
class Response {
 public:
  static const ClassSpec kSpec;

  // The status is with the body's flags: one slot less to fill for each response.
  static constexpr int kStatusTextSlot = kBodySlots;   // string, or undefined for ""
  static constexpr int kHeadersSlot = kBodySlots + 1;  // Headers, or undefined: none but the default Content-Type
  static constexpr int kTypeSlot = kBodySlots + 2;     // string, or undefined for "default"
  static constexpr int kUrlSlot = kBodySlots + 3;      // string, or undefined for ""
  static constexpr int kWebSocketSlot = kBodySlots + 4;
  static constexpr int kRedirectedSlot = kBodySlots + 5;  // true, or undefined
  static constexpr int kSlots = kBodySlots + 6;

  // ResponseInit. A Response can stand for it: members are read as properties.
  struct Init {
    std::optional<std::string> encode_body;
    std::optional<int32_t> status;
    std::optional<ByteString> status_text;
    std::optional<HeadersInit> headers;
    v8::Local<v8::Value> web_socket;
    static bool Read(Cx& cx, v8::Local<v8::Object> object, Init* out);
  };

  static Result<> Construct(Cx& cx, v8::Local<v8::Value> body, Init init);
  static Result<v8::Local<v8::Value>> Error(Cx& cx);
  static Result<v8::Local<v8::Value>> Json(Cx& cx, AnyValue data, Init init);
  static Result<v8::Local<v8::Value>> Redirect(Cx& cx, std::string url, std::optional<int32_t> status);

  static Result<v8::Local<v8::Value>> Clone(Cx& cx);
  static int32_t GetStatus(Cx& cx);
  static bool GetOk(Cx& cx);
  static v8::Local<v8::Value> GetStatusText(Cx& cx);
  static Result<v8::Local<v8::Value>> GetHeaders(Cx& cx);
  static v8::Local<v8::Value> GetType(Cx& cx);
  static v8::Local<v8::Value> GetUrl(Cx& cx);
  static bool GetRedirected(Cx& cx);
  static v8::Local<v8::Value> GetWebSocket(Cx& cx);

  // --- For C++
  // Undefined: none.
  static v8::Local<v8::Value> WebSocketOf(v8::Local<v8::Object> response) { return GetSlot(response, kWebSocketSlot); }
  static int StatusOf(v8::Local<v8::Object> response);
  // encodeBody: "manual": the body is in the coding already that its Content-Encoding names.
  static bool IsEncoded(v8::Local<v8::Object> response);
  // What fetch() resolves with. `body` is a body slot's value. Empty: termination or no memory.
  static v8::MaybeLocal<v8::Object> NewFetched(v8::Isolate* isolate, int status, std::string_view status_text,
                                               std::unique_ptr<Headers> headers, v8::Local<v8::Value> body,
                                               std::string_view url, bool redirected);
  // Null when nobody asked for them: then BodyTypeOf gives the Content-Type.
  static Headers* HeadersOf(v8::Local<v8::Object> response);
};

inline constexpr Member kResponseMembers[] = {
    Table<Response>::Static<"error", &Response::Error>(),
    Table<Response>::Static<"json", &Response::Json>(),
    Table<Response>::Static<"redirect", &Response::Redirect>(),
    Table<Response>::Getter<"type", &Response::GetType>(),
    Table<Response>::Getter<"url", &Response::GetUrl>(),
    Table<Response>::Getter<"redirected", &Response::GetRedirected>(),
    Table<Response>::Getter<"status", &Response::GetStatus>(),
    Table<Response>::Getter<"ok", &Response::GetOk>(),
    Table<Response>::Getter<"statusText", &Response::GetStatusText>(),
    Table<Response>::Getter<"headers", &Response::GetHeaders>(),
    Table<Response>::Getter<"webSocket", &Response::GetWebSocket>(),
    Table<Response>::Method<"clone", &Response::Clone>(),
    Table<Response>::Getter<"body", &GetBody>(),
    Table<Response>::Getter<"bodyUsed", &GetBodyUsed>(),
    Table<Response>::AsyncMethod<"arrayBuffer", &BodyArrayBuffer>(),
    Table<Response>::AsyncMethod<"blob", &BodyBlob>(),
    Table<Response>::AsyncMethod<"bytes", &BodyBytes>(),
    Table<Response>::AsyncMethod<"formData", &BodyFormData>(),
    Table<Response>::AsyncMethod<"json", &BodyJson>(),
    Table<Response>::AsyncMethod<"text", &BodyText>(),
};

inline constexpr ClassSpec Response::kSpec = {
    .name = "Response",
    .constructor = Table<Response>::Constructor<&Response::Construct>(),
    .members = kResponseMembers,
    .slots = Response::kSlots,
    .slots_only = true,
};

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_RESPONSE_H_
