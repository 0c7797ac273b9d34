#include "bindings/fetch/outgoing_request.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "bindings/fetch/body.h"
#include "bindings/fetch/cdn_loop.h"
#include "bindings/fetch/headers.h"
#include "bindings/fetch/redirect.h"
#include "bindings/fetch/request.h"
#include "bindings/fetch/request_options.h"

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
  if (request->service) {
    // It is there already: what counts its loops is the chain of calls, and how it came into the process.
    const http::RequestHead* event = invocation->request_head();
    if (auto loop = event ? event->header("cdn-loop") : std::nullopt) fields.Add("CDN-Loop", *loop);
    return;
  }
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

v8::MaybeLocal<v8::Value> Member(Cx& cx, v8::Local<v8::Object> object, const char* name) {
  return object->Get(cx.context, NewSymbolName(cx.isolate, name));
}

// "200-299", "404". False: neither.
bool ParseStatusRange(std::string_view text, cache::StatusTtl* out) {
  const char* end = text.data() + text.size();
  auto [rest, error] = std::from_chars(text.data(), end, out->first);
  if (error != std::errc()) return false;
  out->last = out->first;
  if (rest == end) return true;
  if (*rest != '-') return false;
  auto [last, last_error] = std::from_chars(rest + 1, end, out->last);
  return last_error == std::errc() && last == end && out->first <= out->last;
}

// What is not of the right type is passed over, as Cloudflare does: `cf` has members for many others.
Result<std::unique_ptr<CfCacheOptions>> ReadCf(Cx& cx, v8::Local<v8::Value> value) {
  if (!value->IsObject()) return nullptr;
  v8::Local<v8::Object> cf = value.As<v8::Object>();
  auto options = std::make_unique<CfCacheOptions>();
  v8::Local<v8::Value> ttl;
  v8::Local<v8::Value> everything;
  v8::Local<v8::Value> key;
  v8::Local<v8::Value> tags;
  v8::Local<v8::Value> by_status;
  if (!Member(cx, cf, "cacheTtl").ToLocal(&ttl) || !Member(cx, cf, "cacheEverything").ToLocal(&everything) ||
      !Member(cx, cf, "cacheKey").ToLocal(&key) || !Member(cx, cf, "cacheTags").ToLocal(&tags) ||
      !Member(cx, cf, "cacheTtlByStatus").ToLocal(&by_status)) {
    return Pending();
  }
  auto seconds = [](v8::Local<v8::Value> number) {
    double count = number.As<v8::Number>()->Value();
    return cache::Seconds(count >= 0x7fffffff ? 0x7fffffff : count < 0 ? -1 : static_cast<int64_t>(count));
  };
  if (ttl->IsNumber()) options->ttl = seconds(ttl);
  options->everything = everything->IsTrue();
  if (key->IsString()) options->key = ToUtf8(cx.isolate, key.As<v8::String>());
  if (tags->IsArray()) {
    v8::Local<v8::Array> list = tags.As<v8::Array>();
    for (uint32_t i = 0; i < std::min(list->Length(), uint32_t{1000}); ++i) {
      v8::Local<v8::Value> tag;
      if (!list->Get(cx.context, i).ToLocal(&tag)) return Pending();
      if (!tag->IsString()) continue;
      // As the engine's tags are: in lower case.
      std::string text = ToUtf8(cx.isolate, tag.As<v8::String>());
      std::ranges::transform(text, text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
      if (!text.empty() && text.size() <= 1024) options->tags.push_back(std::move(text));
    }
  }
  if (by_status->IsObject()) {
    v8::Local<v8::Object> ranges = by_status.As<v8::Object>();
    v8::Local<v8::Array> names;
    if (!ranges->GetOwnPropertyNames(cx.context).ToLocal(&names)) return Pending();
    for (uint32_t i = 0; i < std::min(names->Length(), uint32_t{1000}); ++i) {
      v8::Local<v8::Value> name;
      v8::Local<v8::Value> number;
      v8::Local<v8::String> text;
      if (!names->Get(cx.context, i).ToLocal(&name) || !ranges->Get(cx.context, name).ToLocal(&number) ||
          !name->ToString(cx.context).ToLocal(&text)) {
        return Pending();
      }
      cache::StatusTtl range;
      if (!number->IsNumber() || !ParseStatusRange(ToUtf8(cx.isolate, text), &range)) continue;
      range.ttl = seconds(number);
      options->ttl_by_status.push_back(range);
    }
  }
  return options;
}

// What the request says of caches goes with it. A TypeError, as Workers has it, for what contradicts itself.
Result<> ReadCaching(Cx& cx, v8::Local<v8::Value> cf, std::string_view mode, OutgoingRequest* out) {
  auto found = std::ranges::find(kCacheModes, mode);
  static_assert(kCacheModes[1] == "no-store" && kCacheModes[2] == "reload" && kCacheModes[3] == "no-cache");
  static_assert(kCacheModes[4] == "force-cache" && kCacheModes[5] == "only-if-cached");
  if (found != kCacheModes.end()) out->cache_mode = static_cast<CacheMode>(found - kCacheModes.begin());
  auto options = ReadCf(cx, cf);
  if (!options) return std::unexpected(options.error());
  out->cf = *std::move(options);
  if (out->cache_mode == CacheMode::kNoStore && out->cf && out->cf->ttl && out->cf->ttl->count() != -1) {
    return TypeError("CacheTtl: " + std::to_string(out->cf->ttl->count()) +
                     ", is not compatible with cache: no-store header.");
  }
  return {};
}

Result<OutgoingRequest> FromRequest(Cx& cx, runtime::Invocation* invocation, v8::Local<v8::Object> request,
                                    std::shared_ptr<const ServiceTarget> service) {
  Cx of_request = cx;
  of_request.self = request;
  OutgoingRequest out;
  out.service = std::move(service);
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
  std::string cache_mode = cache->IsString() ? ToUtf8(cx.isolate, cache.As<v8::String>()) : "";
  AddDefaultFields(invocation, &out, cache_mode);
  if (auto read = ReadCaching(cx, Request::CfIfAny(of_request.self), cache_mode, &out); !read) {
    return std::unexpected(read.error());
  }
  v8::Local<v8::Value> signal = Request::SignalIfAny(request);
  if (signal->IsObject()) out.signal = signal;
  if (auto taken = TakeRequestBody(cx, invocation, request, &out); !taken) return std::unexpected(taken.error());
  return out;
}

}  // namespace

Result<OutgoingRequest> MakeOutgoingRequest(Cx& cx, runtime::Invocation* invocation, v8::Local<v8::Value> input,
                                            v8::Local<v8::Value> init, std::shared_ptr<const ServiceTarget> service) {
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
    out.service = std::move(service);
    AddDefaultFields(invocation, &out, "");
    return out;
  }
  if (init->IsUndefined()) {
    if (auto usable = RequireUsableBody(cx, input.As<v8::Object>()); !usable) return std::unexpected(usable.error());
    return FromRequest(cx, invocation, input.As<v8::Object>(), std::move(service));
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
  return FromRequest(cx, invocation, request, std::move(service));
}

}  // namespace verge::bindings
