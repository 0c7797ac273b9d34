#include "bindings/fetch/request.h"

#include <ada.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "bindings/fetch/client_facts.h"
#include "bindings/fetch/fetch_invocation.h"
#include "bindings/fetch/host_services.h"
#include "bindings/url/url_parts.h"
#include "runtime/shard.h"

namespace verge::bindings {
namespace {

// Methods are normalised to these whatever their case.
constexpr std::string_view kNormalizedMethods[] = {"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"};

Result<std::string> NormalizeMethod(Cx& cx, std::string method) {
  if (!http::IsToken(method)) return std::unexpected(cx.MakeTypeError("'" + method + "' is not a valid HTTP method."));
  if (http::EqualsIgnoreCase(method, "connect") || http::EqualsIgnoreCase(method, "trace") ||
      http::EqualsIgnoreCase(method, "track")) {
    return std::unexpected(cx.MakeTypeError("'" + method + "' HTTP method is unsupported."));
  }
  for (std::string_view known : kNormalizedMethods) {
    if (http::EqualsIgnoreCase(method, known)) return std::string(known);
  }
  return method;
}

IncomingHead* IncomingOf(v8::Local<v8::Object> request) {
  return static_cast<IncomingHead*>(UnwrapChecked<Native>(request));
}

// Reads the common strings once for each isolate, not for each request.
v8::MaybeLocal<v8::String> MethodString(v8::Isolate* isolate, std::string_view method) {
  if (method == "GET") return v8::String::NewFromUtf8Literal(isolate, "GET", v8::NewStringType::kInternalized);
  if (method == "POST") return v8::String::NewFromUtf8Literal(isolate, "POST", v8::NewStringType::kInternalized);
  return NewOneByteString(isolate, method);
}

template <typename Get>
Result<> CopySlot(Cx& cx, v8::Local<v8::Object> from, v8::Local<v8::Object> to, int slot, Get get) {
  Cx source = cx;
  source.self = from;
  auto value = get(source);
  if (!value) return std::unexpected(value.error());
  SetSlot(to, slot, *value);
  return {};
}

Result<> CopyHeaders(Cx& cx, v8::Local<v8::Object> from, v8::Local<v8::Object> to) {
  auto copy = std::make_unique<Headers>();
  if (auto* headers = Unwrap<Headers>(GetSlot(from, Request::kHeadersSlot))) {
    copy->Fill(*headers);
  } else if (IncomingHead* incoming = IncomingOf(from)) {
    Headers original(incoming->head());
    copy->Fill(original);
  }
  v8::Local<v8::Object> object;
  if (!NewObject(cx.isolate, std::move(copy)).ToLocal(&object)) return Pending();
  SetSlot(to, Request::kHeadersSlot, object);
  return {};
}

// What it keeps; an incoming request's `redirect` is said, so that it goes along with a copy.
RequestOptions OptionsOf(v8::Local<v8::Object> request) {
  RequestOptions options = RequestOptions::Unpack(OwnerBits(request));
  // Passing an incoming request on must not swallow the redirects meant for the client.
  constexpr uint8_t kManual = 2;
  static_assert(kRedirectModes[kManual - 1] == "manual");
  if (options.redirect == 0 && IncomingOf(request)) options.redirect = kManual;
  return options;
}

}  // namespace

v8::MaybeLocal<v8::String> UrlOf(v8::Isolate* isolate, const http::RequestHead& head) {
  std::string_view authority = head.authority().empty() ? std::string_view("localhost") : head.authority();
  std::string_view parts[] = {head.scheme(), "://", authority, head.target()};
  constexpr size_t kOnStack = 512;
  if (authority.size() + head.target().size() + 8 <= kOnStack) {
    char buffer[kOnStack];
    char* end = buffer;
    for (std::string_view part : parts) end = std::ranges::copy(part, end).out;
    std::string_view url(buffer, static_cast<size_t>(end - buffer));
    if (UrlParts::OfNormalized(url)) return NewOneByteString(isolate, url);
  }
  std::string url;
  for (std::string_view part : parts) {
    if (part != "*") url += part;
  }
  auto parsed = ada::parse<ada::url_aggregator>(url);
  // The server checked host and target; what the URL standard refuses all the same is shown as it came.
  return NewString(isolate, parsed ? parsed->get_href() : std::string_view(url));
}

v8::MaybeLocal<v8::Object> Request::NewIncoming(v8::Isolate* isolate, http::Ref<http::RequestHead> head,
                                                http::Ref<http::BodySource> body, uint32_t invocation) {
  v8::Local<v8::Object> request;
  if (!NewObject(isolate, kSpec, std::make_unique<IncomingHead>(std::move(head), invocation)).ToLocal(&request)) {
    return {};
  }
  if (body) {
    v8::Local<v8::Object> native;
    if (!NewObject(isolate, std::make_unique<NativeBody>(std::move(body), invocation)).ToLocal(&native)) return {};
    SetSlot(request, kBodySlot, native);
  }
  return request;
}

std::optional<std::string> Request::FindHeader(v8::Local<v8::Object> request, std::string_view name) {
  if (auto* headers = Unwrap<Headers>(GetSlot(request, kHeadersSlot))) return headers->Find(name);
  IncomingHead* incoming = IncomingOf(request);
  return incoming ? Headers(incoming->head()).Find(name) : std::nullopt;
}

bool Request::Init::Read(Cx& cx, v8::Local<v8::Object> object, Init* out) {
  RequestOptionsInit& options = out->options;
  return ReadMember(cx, object, Name::kBody, &out->body) && ReadMember(cx, object, Name::kCache, &options.cache) &&
         ReadMember(cx, object, Name::kCf, &out->cf) &&
         ReadMember(cx, object, Name::kCredentials, &options.credentials) &&
         ReadMember(cx, object, Name::kDuplex, &options.duplex) &&
         ReadMember(cx, object, Name::kHeaders, &out->headers) &&
         ReadMember(cx, object, Name::kIntegrity, &out->integrity) &&
         ReadMember(cx, object, Name::kKeepalive, &options.keepalive) &&
         ReadMember(cx, object, Name::kMethod, &out->method) && ReadMember(cx, object, Name::kMode, &options.mode) &&
         ReadMember(cx, object, Name::kPriority, &options.priority) &&
         ReadMember(cx, object, Name::kRedirect, &options.redirect) &&
         ReadMember(cx, object, Name::kReferrer, &options.referrer) &&
         ReadMember(cx, object, Name::kReferrerPolicy, &options.referrer_policy) &&
         ReadMember(cx, object, Name::kSignal, &out->signal) && ReadMember(cx, object, Name::kWindow, &options.window);
}

// https://fetch.spec.whatwg.org/#dom-request
Result<> Request::Construct(Cx& cx, AnyValue info, Init init) {
  v8::Local<v8::Value> input = info.value;
  v8::Local<v8::Object> self = cx.self;
  bool from_request = IsInstance(input, kSpec);
  v8::Local<v8::Object> original;
  if (from_request) {
    original = input.As<v8::Object>();
    if (auto done = CopySlot(cx, original, self, kUrlSlot, &Request::GetUrl); !done) return done;
    if (auto done = CopySlot(cx, original, self, kMethodSlot, &Request::GetMethod); !done) return done;
    if (auto done = CopySlot(cx, original, self, kCfSlot, &Request::GetCf); !done) return done;
    SetSlot(self, kIntegritySlot, GetSlot(original, kIntegritySlot));
  } else {
    std::string url;
    if (!Convert<std::string>::From(cx, input, &url)) return Pending();
    auto parsed = ada::parse<ada::url_aggregator>(url);
    if (!parsed) return TypeError("Invalid URL: " + url);
    if (parsed->has_credentials()) {
      return std::unexpected(
          cx.MakeTypeError("Request cannot be constructed from a URL that includes credentials: " + url));
    }
    v8::Local<v8::String> href;
    v8::Local<v8::String> method;
    if (!NewString(cx.isolate, parsed->get_href()).ToLocal(&href) ||
        !MethodString(cx.isolate, "GET").ToLocal(&method)) {
      return Pending();
    }
    SetSlot(self, kUrlSlot, href);
    SetSlot(self, kMethodSlot, method);
  }

  if (init.method) {
    auto method = NormalizeMethod(cx, *std::move(init.method));
    if (!method) return std::unexpected(method.error());
    v8::Local<v8::String> text;
    if (!MethodString(cx.isolate, *method).ToLocal(&text)) return Pending();
    SetSlot(self, kMethodSlot, text);
  }
  RequestOptions options = from_request ? OptionsOf(original) : RequestOptions();
  if (auto applied = init.options.Apply(cx, &options); !applied) return applied;
  if (auto checked = CheckRequestOptions(cx, options, ToUtf8(cx.isolate, GetSlot(self, kMethodSlot).As<v8::String>()));
      !checked) {
    return checked;
  }
  SetOwnerBits(cx.isolate, self, options.Pack());
  if (init.integrity) SetSlot(self, kIntegritySlot, *init.integrity);
  if (!init.cf.IsEmpty()) SetSlot(self, kCfSlot, init.cf);

  v8::Local<v8::Value> signal = v8::Undefined(cx.isolate);
  if (!init.signal.IsEmpty()) {
    signal = init.signal;
  } else if (from_request) {
    signal = GetSlot(original, kSignalSlot);
    if (!signal->IsObject() && IncomingOf(original)) {
      Cx source = cx;
      source.self = original;
      auto made = GetSignal(source);
      if (!made) return std::unexpected(made.error());
      signal = *made;
    }
  }
  if (!signal->IsNullOrUndefined()) {
    // A signal of its own, which follows the given one; it throws a TypeError for what is no AbortSignal.
    v8::Local<v8::Value> arguments[] = {signal};
    v8::Local<v8::Value> following;
    if (!cx.realm().CallInternal(cx.context, Name::kFollowSignal, arguments).ToLocal(&following)) return Pending();
    SetSlot(self, kSignalSlot, following);
  }

  if (init.headers) {
    auto headers = std::make_unique<Headers>();
    if (auto filled = headers->Fill(cx, *init.headers); !filled) return filled;
    v8::Local<v8::Object> object;
    if (!NewObject(cx.isolate, std::move(headers)).ToLocal(&object)) return Pending();
    SetSlot(self, kHeadersSlot, object);
  } else if (from_request) {
    if (auto copied = CopyHeaders(cx, original, self); !copied) return copied;
  } else {
    v8::Local<v8::Object> object;
    if (!NewObject(cx.isolate, std::make_unique<Headers>()).ToLocal(&object)) return Pending();
    SetSlot(self, kHeadersSlot, object);
  }

  bool has_init_body = !init.body.IsEmpty() && !init.body->IsNullOrUndefined();
  v8::Local<v8::String> method = GetSlot(self, kMethodSlot).As<v8::String>();
  std::string method_text = ToUtf8(cx.isolate, method);
  bool bodyless = method_text == "GET" || method_text == "HEAD";
  if (has_init_body) {
    if (bodyless) return std::unexpected(cx.MakeTypeError("Request with a GET or HEAD method cannot have a body."));
    v8::Local<v8::Value> body;
    auto type = ExtractBody(cx, init.body, &body);
    if (!type) return std::unexpected(type.error());
    SetBody(cx.isolate, self, body, *type, OwnerBits(self));
    auto* headers = Unwrap<Headers>(GetSlot(self, kHeadersSlot));
    if (*type != BodyType::kNone && headers && !headers->Contains("content-type")) {
      headers->SetTrusted("Content-Type", ContentTypeOf(*type, body));
    }
  } else if (from_request && init.body.IsEmpty() && HasBody(original)) {
    if (bodyless) return std::unexpected(cx.MakeTypeError("Request with a GET or HEAD method cannot have a body."));
    return MoveBody(cx, original, self);
  }
  return {};
}

Result<v8::Local<v8::Value>> Request::Clone(Cx& cx) {
  v8::Local<v8::Object> copy;
  if (!NewObject(cx.isolate, kSpec).ToLocal(&copy)) return Pending();
  if (auto done = CloneBody(cx, cx.self, copy); !done) return std::unexpected(done.error());
  if (auto done = CopySlot(cx, cx.self, copy, kUrlSlot, &Request::GetUrl); !done) return std::unexpected(done.error());
  if (auto done = CopySlot(cx, cx.self, copy, kMethodSlot, &Request::GetMethod); !done) {
    return std::unexpected(done.error());
  }
  if (auto done = CopySlot(cx, cx.self, copy, kCfSlot, &Request::GetCf); !done) return std::unexpected(done.error());
  SetSlot(copy, kIntegritySlot, GetSlot(cx.self, kIntegritySlot));
  SetOwnerBits(cx.isolate, copy, OptionsOf(cx.self).Pack());
  if (auto done = CopyHeaders(cx, cx.self, copy); !done) return std::unexpected(done.error());
  auto signal = GetSignal(cx);
  if (!signal) return std::unexpected(signal.error());
  v8::Local<v8::Value> arguments[] = {*signal};
  v8::Local<v8::Value> following;
  if (!cx.realm().CallInternal(cx.context, Name::kFollowSignal, arguments).ToLocal(&following)) return Pending();
  SetSlot(copy, kSignalSlot, following);
  return copy.As<v8::Value>();
}

Result<v8::Local<v8::Value>> Request::GetMethod(Cx& cx) {
  v8::Local<v8::Value> existing = GetSlot(cx.self, kMethodSlot);
  if (existing->IsString()) return existing;
  IncomingHead* incoming = IncomingOf(cx.self);
  v8::Local<v8::String> method;
  if (!MethodString(cx.isolate, incoming ? incoming->head()->method() : "GET").ToLocal(&method)) return Pending();
  SetSlot(cx.self, kMethodSlot, method);
  return method.As<v8::Value>();
}

Result<v8::Local<v8::Value>> Request::GetUrl(Cx& cx) {
  v8::Local<v8::Value> existing = GetSlot(cx.self, kUrlSlot);
  if (existing->IsString()) return existing;
  IncomingHead* incoming = IncomingOf(cx.self);
  v8::Local<v8::String> url;
  if (!incoming) return v8::String::Empty(cx.isolate).As<v8::Value>();
  if (!UrlOf(cx.isolate, *incoming->head()).ToLocal(&url)) return Pending();
  SetSlot(cx.self, kUrlSlot, url);
  return url.As<v8::Value>();
}

Result<v8::Local<v8::Value>> Request::GetHeaders(Cx& cx) {
  v8::Local<v8::Value> existing = GetSlot(cx.self, kHeadersSlot);
  if (existing->IsObject()) return existing;
  IncomingHead* incoming = IncomingOf(cx.self);
  auto headers = incoming ? std::make_unique<Headers>(incoming->head()) : std::make_unique<Headers>();
  v8::Local<v8::Object> object;
  if (!NewObject(cx.isolate, std::move(headers)).ToLocal(&object)) return Pending();
  SetSlot(cx.self, kHeadersSlot, object);
  return object.As<v8::Value>();
}

Result<v8::Local<v8::Value>> Request::GetSignal(Cx& cx) {
  v8::Local<v8::Value> existing = GetSlot(cx.self, kSignalSlot);
  if (existing->IsObject()) return existing;
  v8::Local<v8::Value> signal;
  if (!cx.realm().CallInternal(cx.context, Name::kCreateAbortSignal, {}).ToLocal(&signal)) return Pending();
  SetSlot(cx.self, kSignalSlot, signal);
  // An incoming request's signal fires when the client goes away: its event has to know it from now on.
  if (IncomingHead* incoming = IncomingOf(cx.self)) {
    auto* invocation = cx.realm().worker()->shard().Find(incoming->invocation());
    if (invocation) static_cast<FetchInvocation*>(invocation)->SetSignal(cx.isolate, signal);
  }
  return signal;
}

v8::Local<v8::Value> Request::GetRedirect(Cx& cx) {
  uint8_t redirect = OptionsOf(cx.self).redirect;
  return NewSymbolName(cx.isolate, kRedirectModes[redirect == 0 ? 0 : redirect - 1]);
}

// An incoming request's is made when somebody looks.
Result<v8::Local<v8::Value>> Request::GetCf(Cx& cx) {
  v8::Local<v8::Value> existing = GetSlot(cx.self, kCfSlot);
  IncomingHead* incoming = IncomingOf(cx.self);
  if (!existing->IsUndefined() || !incoming) return existing;
  const HostServices* services = cx.realm().host_services();
  v8::Local<v8::Object> cf;
  if (!NewClientFacts(cx.isolate, *incoming->head(), services ? services->cf : nullptr).ToLocal(&cf)) return Pending();
  SetSlot(cx.self, kCfSlot, cf);
  return cf.As<v8::Value>();
}

v8::Local<v8::Value> Request::GetCache(Cx& cx) {
  return NewSymbolName(cx.isolate, kCacheModes[OptionsOf(cx.self).cache]);
}

v8::Local<v8::Value> Request::GetCredentials(Cx& cx) {
  return NewSymbolName(cx.isolate, kCredentialsModes[OptionsOf(cx.self).credentials]);
}

v8::Local<v8::Value> Request::GetDestination(Cx& cx) { return v8::String::Empty(cx.isolate); }

v8::Local<v8::Value> Request::GetDuplex(Cx& cx) { return NewSymbolName(cx.isolate, "half"); }

v8::Local<v8::Value> Request::GetMode(Cx& cx) {
  return NewSymbolName(cx.isolate, kRequestModes[OptionsOf(cx.self).mode]);
}

v8::Local<v8::Value> Request::GetReferrer(Cx& cx) {
  return NewSymbolName(cx.isolate, OptionsOf(cx.self).no_referrer ? "" : "about:client");
}

v8::Local<v8::Value> Request::GetReferrerPolicy(Cx& cx) {
  return NewSymbolName(cx.isolate, kReferrerPolicies[OptionsOf(cx.self).referrer_policy]);
}

bool Request::GetKeepalive(Cx& cx) { return OptionsOf(cx.self).keepalive; }

v8::Local<v8::Value> Request::GetIntegrity(Cx& cx) {
  v8::Local<v8::Value> integrity = GetSlot(cx.self, kIntegritySlot);
  return integrity->IsString() ? integrity : v8::String::Empty(cx.isolate).As<v8::Value>();
}

}  // namespace verge::bindings
