#include "bindings/fetch/outgoing_request.h"

#include <algorithm>
#include <utility>

#include "bindings/fetch/body.h"
#include "bindings/fetch/cdn_loop.h"
#include "bindings/fetch/headers.h"
#include "bindings/fetch/redirect.h"
#include "bindings/fetch/request.h"

namespace verge::bindings {
namespace {

// Fields that belong to one connection (RFC 9110, 7.6.1) or that the client writes itself.
constexpr std::string_view kOwnFields[] = {"cdn-loop", "connection",        "content-length",   "expect",
                                           "host",     "keep-alive",        "proxy-connection", "te",
                                           "trailer",  "transfer-encoding", "upgrade"};

bool IsOwnField(std::string_view name) {
  return std::ranges::any_of(kOwnFields, [name](std::string_view each) { return http::EqualsIgnoreCase(name, each); });
}

// "Append" what the standard's HTTP-network-or-cache fetch adds to requests that do not say otherwise.
void AddDefaultFields(runtime::Invocation* invocation, OutgoingRequest* request, std::string_view cache) {
  FieldList& fields = request->fields;
  fields.Add("CDN-Loop", NextCdnLoop(invocation->request_head()));
  if (!fields.Contains("accept")) fields.Add("Accept", "*/*");
  if (!fields.Contains("accept-language")) fields.Add("Accept-Language", "*");
  // Many servers refuse requests that do not say what they come from.
  if (!fields.Contains("user-agent")) fields.Add("User-Agent", "verge");
  // What comes back in a coding is decoded when somebody reads it, and passed on as it is to clients that take it.
  if (!request->upgrade && !fields.Contains("accept-encoding")) {
    fields.Add("Accept-Encoding", fields.Contains("range") ? "identity" : "gzip, br");
  }
  if (cache == "no-cache" && !fields.Contains("cache-control")) {
    fields.Add("Cache-Control", "max-age=0");
  } else if (cache == "no-store" || cache == "reload") {
    if (!fields.Contains("pragma")) fields.Add("Pragma", "no-cache");
    if (!fields.Contains("cache-control")) fields.Add("Cache-Control", "no-cache");
  }
}

Result<> TakeRequestBody(Cx& cx, runtime::Invocation* invocation, v8::Local<v8::Object> from, OutgoingRequest* out) {
  auto body = TakeBody(cx, from);
  if (!body) return std::unexpected(body.error());
  switch (body->kind) {
    case OutgoingBody::Kind::kNone:
      break;
    case OutgoingBody::Kind::kString:
      out->body = http::Bytes::Take(ToUtf8(cx.isolate, body->string));
      break;
    case OutgoingBody::Kind::kBytes:
      out->body = http::Bytes::Copy(std::span<const uint8_t>(BufferSource{body->bytes}.bytes()));
      break;
    case OutgoingBody::Kind::kSource:
      out->body = std::move(body->source);
      break;
    case OutgoingBody::Kind::kStream:
      out->pump = StreamPump::Create(cx, invocation, body->stream);
      if (!out->pump) return Pending();
      out->body = http::Ref<http::BodySource>(out->pump);
      break;
  }
  return {};
}

Result<OutgoingRequest> FromRequest(Cx& cx, runtime::Invocation* invocation, v8::Local<v8::Object> request) {
  Cx of_request = cx;
  of_request.self = request;
  OutgoingRequest out;
  auto url = Request::GetUrl(of_request);
  if (!url) return std::unexpected(url.error());
  auto method = Request::GetMethod(of_request);
  if (!method) return std::unexpected(method.error());
  auto parsed = ada::parse<ada::url_aggregator>(ToUtf8(cx.isolate, url->As<v8::String>()));
  if (!parsed) return TypeError("Invalid URL: " + ToUtf8(cx.isolate, url->As<v8::String>()));
  out.url = *std::move(parsed);
  out.method = ToUtf8(cx.isolate, method->As<v8::String>());
  v8::Local<v8::Value> redirect = Request::GetRedirect(of_request);
  std::string mode = ToUtf8(cx.isolate, redirect.As<v8::String>());
  out.redirect = mode == "manual"  ? RedirectMode::kManual
                 : mode == "error" ? RedirectMode::kError
                                   : RedirectMode::kFollow;
  Request::ForEachField(request, [&out](std::string_view name, std::string_view value) {
    if (http::EqualsIgnoreCase(name, "upgrade") && http::EqualsIgnoreCase(value, "websocket")) {
      out.upgrade = out.method == "GET";
    }
    if (!IsOwnField(name)) out.fields.Add(name, value);
  });
  v8::Local<v8::Value> cache = Request::GetCache(of_request);
  AddDefaultFields(invocation, &out, cache->IsString() ? ToUtf8(cx.isolate, cache.As<v8::String>()) : "");
  v8::Local<v8::Value> signal = Request::SignalIfAny(request);
  if (signal->IsObject()) out.signal = signal;
  if (auto taken = TakeRequestBody(cx, invocation, request, &out); !taken) return std::unexpected(taken.error());
  return out;
}

}  // namespace

Result<OutgoingRequest> MakeOutgoingRequest(Cx& cx, runtime::Invocation* invocation, v8::Local<v8::Value> input,
                                            v8::Local<v8::Value> init) {
  bool is_request = IsInstance(input, Request::kSpec);
  if (init->IsUndefined() && !is_request) {
    // The common fetch(url): no Request is made.
    std::string text;
    if (!Convert<std::string>::From(cx, input, &text)) return Pending();
    auto parsed = ada::parse<ada::url_aggregator>(text);
    if (!parsed) return TypeError("Invalid URL: " + text);
    if (parsed->has_credentials()) {
      return std::unexpected(
          cx.MakeTypeError("Request cannot be constructed from a URL that includes credentials: " + text));
    }
    OutgoingRequest out;
    out.url = *std::move(parsed);
    AddDefaultFields(invocation, &out, "");
    return out;
  }
  if (init->IsUndefined()) {
    if (auto usable = RequireUsableBody(cx, input.As<v8::Object>()); !usable) return std::unexpected(usable.error());
    return FromRequest(cx, invocation, input.As<v8::Object>());
  }
  Request::Init members;
  if (!Convert<Request::Init>::From(cx, init, &members)) return Pending();
  v8::Local<v8::Object> request;
  if (!NewObject(cx.isolate, Request::kSpec).ToLocal(&request)) return Pending();
  Cx construction = cx;
  construction.self = request;
  if (auto made = Request::Construct(construction, {input}, std::move(members)); !made) {
    return std::unexpected(made.error());
  }
  return FromRequest(cx, invocation, request);
}

}  // namespace verge::bindings
