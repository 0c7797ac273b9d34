// Request (https://fetch.spec.whatwg.org/#request-class).
#ifndef BINDINGS_FETCH_REQUEST_H_
#define BINDINGS_FETCH_REQUEST_H_

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "bindings/core/convert.h"
#include "bindings/core/function.h"
#include "bindings/fetch/body.h"
#include "bindings/fetch/headers.h"
#include "bindings/fetch/request_options.h"
#include "http/message.h"
#include "http/ref_counted.h"

namespace verge::bindings {

// What an incoming request's wrapper holds on to: the parsed head. URL, method and headers become JavaScript values
// when they are first looked at.
class IncomingHead final : public Native {
 public:
  IncomingHead(http::Ref<http::RequestHead> head, uint32_t invocation)
      : head_(std::move(head)), invocation_(invocation) {}
  [[nodiscard]] const http::Ref<http::RequestHead>& head() const { return head_; }
  // The number of the event it came with.
  [[nodiscard]] uint32_t invocation() const { return invocation_; }

 private:
  http::Ref<http::RequestHead> head_;
  uint32_t invocation_;
};

class Request {
 public:
  static const ClassSpec kSpec;

  static constexpr int kMethodSlot = kBodySlots;       // string
  static constexpr int kUrlSlot = kBodySlots + 1;      // string
  static constexpr int kHeadersSlot = kBodySlots + 2;  // Headers
  static constexpr int kSignalSlot = kBodySlots + 3;   // AbortSignal
  static constexpr int kCfSlot = kBodySlots + 4;
  static constexpr int kIntegritySlot = kBodySlots + 5;  // string, or undefined for ""
  static constexpr int kSlots = kBodySlots + 6;
  // RequestOptions are with the body's flags.

  struct Init {
    v8::Local<v8::Value> body;
    v8::Local<v8::Value> cf;
    std::optional<HeadersInit> headers;
    std::optional<DomString> integrity;
    std::optional<std::string> method;
    v8::Local<v8::Value> signal;
    RequestOptionsInit options;
    static bool Read(Cx& cx, v8::Local<v8::Object> object, Init* out);
  };

  static Result<> Construct(Cx& cx, AnyValue input, Init init);

  static Result<v8::Local<v8::Value>> Clone(Cx& cx);
  static Result<v8::Local<v8::Value>> GetMethod(Cx& cx);
  static Result<v8::Local<v8::Value>> GetUrl(Cx& cx);
  static Result<v8::Local<v8::Value>> GetHeaders(Cx& cx);
  static Result<v8::Local<v8::Value>> GetSignal(Cx& cx);
  static v8::Local<v8::Value> GetRedirect(Cx& cx);
  static Result<v8::Local<v8::Value>> GetCf(Cx& cx);
  static v8::Local<v8::Value> GetCache(Cx& cx);
  static v8::Local<v8::Value> GetCredentials(Cx& cx);
  static v8::Local<v8::Value> GetDestination(Cx& cx);
  static v8::Local<v8::Value> GetDuplex(Cx& cx);
  static v8::Local<v8::Value> GetMode(Cx& cx);
  static v8::Local<v8::Value> GetReferrer(Cx& cx);
  static v8::Local<v8::Value> GetReferrerPolicy(Cx& cx);
  static bool GetKeepalive(Cx& cx);
  static bool IsReloadNavigation(Cx&) { return false; }
  static bool IsHistoryNavigation(Cx&) { return false; }
  static v8::Local<v8::Value> GetIntegrity(Cx& cx);

  // --- For C++

  // All values of a header, combined.
  static std::optional<std::string> FindHeader(v8::Local<v8::Object> request, std::string_view name);

  // The request that a handler gets. Empty: termination or no memory.
  static v8::MaybeLocal<v8::Object> NewIncoming(v8::Isolate* isolate, http::Ref<http::RequestHead> head,
                                                http::Ref<http::BodySource> body, uint32_t invocation);

  // Its header fields, whether anybody has looked at them or not.
  template <typename F>
  static void ForEachField(v8::Local<v8::Object> request, F f) {
    if (const auto* headers = Unwrap<Headers>(GetSlot(request, kHeadersSlot))) {
      headers->ForEach(f);
    } else if (const auto* incoming = static_cast<IncomingHead*>(UnwrapChecked<Native>(request))) {
      for (const http::HeaderField& field : incoming->head()->headers()) f(field.name, field.value);
    }
  }

  // What somebody has given as cf, or has asked for; else undefined: a client's has nothing that caches look at.
  static v8::Local<v8::Value> CfIfAny(v8::Local<v8::Object> request) { return GetSlot(request, kCfSlot); }

  // The signal, when somebody has given one or asked for it; else undefined.
  static v8::Local<v8::Value> SignalIfAny(v8::Local<v8::Object> request) { return GetSlot(request, kSignalSlot); }
};

// The absolute, normalised URL of an incoming request.
v8::MaybeLocal<v8::String> UrlOf(v8::Isolate* isolate, const http::RequestHead& head);

inline constexpr Member kRequestMembers[] = {
    Table<Request>::Getter<"method", &Request::GetMethod>(),
    Table<Request>::Getter<"url", &Request::GetUrl>(),
    Table<Request>::Getter<"headers", &Request::GetHeaders>(),
    Table<Request>::Getter<"destination", &Request::GetDestination>(),
    Table<Request>::Getter<"referrer", &Request::GetReferrer>(),
    Table<Request>::Getter<"referrerPolicy", &Request::GetReferrerPolicy>(),
    Table<Request>::Getter<"mode", &Request::GetMode>(),
    Table<Request>::Getter<"credentials", &Request::GetCredentials>(),
    Table<Request>::Getter<"redirect", &Request::GetRedirect>(),
    Table<Request>::Getter<"signal", &Request::GetSignal>(),
    Table<Request>::Getter<"cf", &Request::GetCf>(),
    Table<Request>::Getter<"cache", &Request::GetCache>(),
    Table<Request>::Getter<"integrity", &Request::GetIntegrity>(),
    Table<Request>::Getter<"keepalive", &Request::GetKeepalive>(),
    Table<Request>::Getter<"isReloadNavigation", &Request::IsReloadNavigation>(),
    Table<Request>::Getter<"isHistoryNavigation", &Request::IsHistoryNavigation>(),
    Table<Request>::Getter<"duplex", &Request::GetDuplex>(),
    Table<Request>::Method<"clone", &Request::Clone>(),
    Table<Request>::Getter<"body", &GetBody>(),
    Table<Request>::Getter<"bodyUsed", &GetBodyUsed>(),
    Table<Request>::AsyncMethod<"arrayBuffer", &BodyArrayBuffer>(),
    Table<Request>::AsyncMethod<"blob", &BodyBlob>(),
    Table<Request>::AsyncMethod<"bytes", &BodyBytes>(),
    Table<Request>::AsyncMethod<"formData", &BodyFormData>(),
    Table<Request>::AsyncMethod<"json", &BodyJson>(),
    Table<Request>::AsyncMethod<"text", &BodyText>(),
};

inline constexpr ClassSpec Request::kSpec = {
    .name = "Request",
    .constructor = Table<Request>::Constructor<&Request::Construct>(),
    .constructor_length = 1,
    .members = kRequestMembers,
    .slots = Request::kSlots,
};

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_REQUEST_H_
