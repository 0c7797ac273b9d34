#include "bindings/fetch/fetch_operation.h"

#include <utility>

#include "bindings/assets/asset_exchange.h"
#include "bindings/cache/http_cache.h"
#include "bindings/cache/post_response.h"
#include "bindings/fetch/body.h"
#include "bindings/fetch/discard.h"
#include "bindings/fetch/fetched_body.h"
#include "bindings/fetch/redirect.h"
#include "bindings/fetch/response.h"
#include "bindings/fetch/service_fetch.h"
#include "bindings/service/call_chains.h"
#include "bindings/service/remote_error.h"
#include "cache/invalidation.h"
#include "http/bytes_source.h"
#include "http/content_coding.h"
#include "runtime/meter.h"
#include "runtime/shard.h"

namespace verge::bindings {
namespace {

// The server that a request of a worker goes to.
class OriginUpstream final : public CacheUpstream {
 public:
  OriginUpstream(http::Client& client, const http::ClientRequest& request)
      : client_(client),
        host_(request.host),
        target_(request.target),
        port_(request.port),
        secure_(request.secure),
        trusted_(request.trusted) {
    for (const http::HeaderField& field : request.headers) {
      if (http::EqualsIgnoreCase(field.name, "host")) host_field_ = field.value;
    }
  }

  http::Ref<http::ClientExchange> Send(std::string_view method, cache::Fields fields,
                                       http::ClientObserver* observer) override {
    std::vector<http::HeaderField> all;
    if (!host_field_.empty()) all.push_back({"Host", host_field_});
    all.insert(all.end(), fields.begin(), fields.end());
    http::ClientRequest request;
    request.method = method;
    request.secure = secure_;
    request.host = host_;
    request.port = port_;
    request.target = target_;
    request.trusted = trusted_;
    request.headers = all;
    return client_.Send(std::move(request), observer);
  }

 private:
  http::Client& client_;
  std::string host_;
  std::string target_;
  std::string host_field_;
  uint16_t port_;
  bool secure_;
  bool trusted_;
};

bool IsNullBodyStatus(int status) { return status == 204 || status == 205 || status == 304; }

// Whether a request goes through the HTTP cache.
bool IsCached(const OutgoingRequest& request, const CacheHost* host) {
  return host && host->settings().fetch && !request.upgrade && (request.method == "GET" || request.method == "HEAD");
}

void CountCacheAnswer(const runtime::Invocation& invocation, const OutgoingRequest& request, const CacheHost* host,
                      const http::ClientResponse& response) {
  auto* meter = IsCached(request, host) ? runtime::WorkerMeter::Of(invocation.isolate().v8()) : nullptr;
  if (!meter) return;
  const std::string_view status = response.header("cf-cache-status").value_or("");
  meter->cache[static_cast<size_t>(runtime::CacheOutcomeOf(status))].Add();
}

// Throws when the signal is another invocation's. False: it did, or execution was terminated.
bool RequireOwnSignal(Cx& cx, v8::Local<v8::Value> signal) {
  v8::Local<v8::Value> function;
  return cx.realm()
             .internals(cx.context)
             ->Get(cx.context, NewSymbolName(cx.isolate, "requireOwnSignal"))
             .ToLocal(&function) &&
         function->IsFunction() &&
         !function.As<v8::Function>()->Call(cx.context, v8::Undefined(cx.isolate), 1, &signal).IsEmpty();
}

}  // namespace

FetchOperation::FetchOperation(runtime::Invocation* invocation, const HostServices* services, OutgoingRequest request)
    : shard_(invocation->isolate().shard()), services_(services), request_(std::move(request)) {}

FetchOperation::~FetchOperation() { Detach(); }

// Settling runs user code, which may abort what is over.
void FetchOperation::Detach() {
  if (handle_) handle_->SetOperation(nullptr);
}

Result<v8::Local<v8::Value>> FetchOperation::Start(Cx& cx, runtime::Invocation* invocation, OutgoingRequest request) {
  v8::Local<v8::Value> signal = std::exchange(request.signal, {});
  if (!signal.IsEmpty() && !RequireOwnSignal(cx, signal)) return Pending();
  auto* self = new FetchOperation(invocation, cx.realm().host_services(), std::move(request));
  if (!self->Begin(cx.context, invocation)) {
    delete self;
    return Pending();
  }
  v8::Local<v8::Promise> promise = self->promise(cx.isolate);
  self->Schedule(self->shard_);
  if (!signal.IsEmpty() && !self->FollowSignal(cx, signal)) return Pending();
  return promise.As<v8::Value>();
}

bool FetchOperation::FollowSignal(Cx& cx, v8::Local<v8::Value> signal) {
  auto handle = std::make_unique<FetchHandle>();
  FetchHandle* raw = handle.get();
  v8::Local<v8::Object> wrapper;
  if (!NewObject(cx.isolate, std::move(handle)).ToLocal(&wrapper)) return false;
  raw->SetOperation(this);
  handle_ = raw;
  handle_wrapper_.Reset(cx.isolate, wrapper);
  v8::Local<v8::Value> arguments[] = {signal, wrapper};
  return !cx.realm().CallInternal(cx.context, Name::kAbortFetchBy, arguments).IsEmpty();
}

void FetchOperation::OnIsolateLeft() {
  if (invocation()->stopped()) return;
  // Workers and assets need no connection.
  if (request_.service || request_.assets || holds_slot() || AcquireSlot(invocation()->connection_slots())) Send();
}

void FetchOperation::OnSlot() {
  // Whoever gave the slot back may be in the middle of something, even in JavaScript.
  Schedule(shard_);
}

const Origin* FetchOperation::OriginBehind() {
  const Origin* origin = services_ ? services_->origin : nullptr;
  const http::RequestHead* event = origin ? invocation()->request_head() : nullptr;
  return event && IsOwnHost(request_.url, *event) ? origin : nullptr;
}

void FetchOperation::Send() {
  if (auto counted = invocation()->CountSubrequest(); !counted) {
    Fail(counted.error());
    return;
  }
  if (request_.service) return SendToWorker();
  if (request_.assets) return SendToAssets();
  std::vector<http::HeaderField> fields;
  request_.fields.ViewInto(&fields);
  http::ClientRequest request;
  request.method = request_.method;
  request.secure = request_.url.type == ada::scheme::HTTPS;
  request.host = request_.url.get_hostname();
  request.port = PortOf(request_.url);
  std::string target(request_.url.get_pathname());
  target += request_.url.get_search();
  request.target = target;
  if (const Origin* origin = OriginBehind()) {
    request.trusted = true;
    request.secure = origin->secure;
    request.host = origin->host;
    request.port = origin->port;
    fields.insert(fields.begin(), {"Host", origin->keep_host ? request_.url.get_host() : origin->authority});
  }
  AddHandshake(&fields);
  if (request_.upgrade) request.upgrade = "websocket";
  request.headers = fields;
  if (SendCached(request)) return;  // it may be settled by now
  request.body = request_.body;
  if (request_.method == "POST" && services_ && services_->cache) sent_ = services_->cache->Now();
  exchange_ = shard_.client().Send(std::move(request), this);
}

void FetchOperation::AddHandshake(std::vector<http::HeaderField>* fields) {
  if (!request_.upgrade) return;
  if (!handshake_) {
    std::string_view protocols;
    for (const http::HeaderField& field : *fields) {
      if (http::EqualsIgnoreCase(field.name, "sec-websocket-protocol")) protocols = field.value;
    }
    handshake_.emplace(ClientHandshake::SplitProtocols(protocols));
  }
  // A request that is passed on has those of its own connection.
  std::erase_if(*fields, [](const http::HeaderField& field) { return ClientHandshake::Owns(field.name); });
  handshake_->AppendTo(*fields);
}

void FetchOperation::SendToWorker() {
  auto chain = services_->services->call_chains().Next(*invocation());
  if (!chain) return FailWith(chain.error());
  std::string target(request_.url.get_pathname());
  target += request_.url.get_search();
  std::vector<http::HeaderField> fields = {{"Host", request_.url.get_host()}};
  request_.fields.ViewInto(&fields);
  AddHandshake(&fields);
  if (request_.upgrade) fields.insert(fields.end(), {{"Connection", "Upgrade"}, {"Upgrade", "websocket"}});
  http::Ref<http::BodySource> body;
  std::optional<uint64_t> length;
  if (auto* bytes = std::get_if<http::Bytes>(&request_.body)) {
    body = http::MakeRef<http::BytesSource>(*bytes);
  } else if (auto* source = std::get_if<http::Ref<http::BodySource>>(&request_.body)) {
    body = *source;
  }
  if (body) length = body->length();
  const std::string length_text = length ? std::to_string(*length) : "";
  if (length) fields.push_back({"Content-Length", length_text});
  ServiceRequestHead::Parts parts{.method = request_.method,
                                  .secure = request_.url.type == ada::scheme::HTTPS,
                                  .authority = request_.url.get_host(),
                                  .target = target,
                                  .fields = fields,
                                  .client = invocation()->request_head(),
                                  .has_body = body.get() != nullptr,
                                  .content_length = length};
  auto exchange =
      http::MakeRef<ServiceExchange>(shard_, http::MakeRef<ServiceRequestHead>(parts), std::move(body), this);
  exchange_ = http::MakeRef<ServiceRequest>(exchange);
  SendToService(*services_->services, request_.service, std::move(exchange), *std::move(chain));
}

void FetchOperation::SendToAssets() {
  std::vector<http::HeaderField> fields;
  request_.fields.ViewInto(&fields);
  std::string target(request_.url.get_pathname());
  target += request_.url.get_search();
  // Nobody looks at the body of a request for a file.
  if (auto* source = std::get_if<http::Ref<http::BodySource>>(&request_.body); source && *source) (*source)->Cancel();
  request_.body = std::monostate();
  request_.pump.reset();
  const bool secure = request_.url.type == ada::scheme::HTTPS;
  exchange_ = FetchAsset(shard_, request_.assets,
                         {.method = request_.method,
                          .secure = secure,
                          .authority = request_.url.get_host(),
                          .target = target,
                          .fields = fields},
                         this);
}

bool FetchOperation::SendCached(const http::ClientRequest& request) {
  CacheHost* host = services_ ? services_->cache : nullptr;
  if (!IsCached(request_, host)) return false;
  ada::url_aggregator url = request_.url;
  url.set_hash("");
  CacheRequest cached;
  cached.method = request.method;
  cached.url = url.get_href();
  cached.mode = request_.cache_mode;
  cached.rules = cache::Rules::HttpCache();
  if (request_.cf) {
    cached.key = request_.cf->key.empty() ? "" : "key:" + request_.cf->key;
    cached.tags = request_.cf->tags;
    cached.rules.ttl = request_.cf->ttl;
    cached.rules.cache_everything = request_.cf->everything;
    cached.rules.ttl_by_status = request_.cf->ttl_by_status;
  }
  cached.fields.reserve(request.headers.size());
  for (const http::HeaderField& field : request.headers) {
    if (!http::EqualsIgnoreCase(field.name, "host")) cached.fields.emplace_back(field.name, field.value);
    // Part of a request that came through a worker already, which may ask for just this.
    if (http::EqualsIgnoreCase(field.name, "cdn-loop") && field.value.contains(',')) cached.alone = true;
  }
  auto transaction = http::MakeRef<CacheTransaction>(host, host->fetch_namespace(), std::move(cached),
                                                     http::MakeRef<OriginUpstream>(shard_.client(), request), this);
  exchange_ = transaction;
  transaction->Start();
  return true;
}

void FetchOperation::OnResponse(http::Ref<http::ClientResponse> response) {
  ReleaseSlot();
  CacheHost* host = services_ && !request_.service && !request_.assets ? services_->cache : nullptr;
  CountCacheAnswer(*invocation(), request_, host, *response);
  if (host && !cache::IsSafeMethod(request_.method)) {
    ada::url_aggregator url = request_.url;
    url.set_hash("");
    InvalidateAfter(*host->fetch_namespace(), request_.method, url.get_href(), response->status(), response->headers());
    if (request_.method == "POST" && host->settings().fetch && request_.cache_mode != CacheMode::kNoStore) {
      std::vector<http::HeaderField> fields;
      request_.fields.ViewInto(&fields);
      response = KeepResponseToPost(*host, std::string(url.get_href()), fields, sent_, std::move(response), exchange_);
    }
  }
  if (IsRedirectStatus(response->status()) && request_.redirect != RedirectMode::kManual && Redirect(*response)) return;
  Resolve(std::move(response));
}

bool FetchOperation::Redirect(http::ClientResponse& response) {
  auto target = FollowRedirect(response.status(), response.header("location"), request_.url, request_.method);
  if (target && !*target) return false;
  if (request_.redirect == RedirectMode::kError) {
    Fail("Unexpected redirect: the request's redirect mode is \"error\".");
    return true;
  }
  if (!target) {
    Fail(target.error() + ".");
    return true;
  }
  if (++redirects_ > kMaxRedirects) {
    Fail("Too many redirects: " + std::to_string(kMaxRedirects) + " were followed.");
    return true;
  }
  RedirectTarget& next = **target;
  if (response.status() != 303 && !next.drop_body && !request_.body_is_replayable()) {
    Fail("A request whose body is a stream cannot be sent again to follow a redirect with status " +
         std::to_string(response.status()) + ".");
    return true;
  }
  if (next.drop_body) {
    request_.method = "GET";
    request_.body = std::monostate();
    request_.fields.RemoveIf(IsBodyField);
  }
  if (next.drop_credentials) request_.fields.RemoveIf(IsCredentialField);
  request_.url = std::move(next.url);
  CancelExchange();
  // Read to its end when it is short: the connection can be used again.
  if (auto body = response.TakeBody()) Discard(std::move(body));
  if (request_.service || request_.assets || AcquireSlot(invocation()->connection_slots())) Send();
  return true;
}

void FetchOperation::OnUpgrade(http::Ref<http::ClientResponse> response, std::unique_ptr<http::Transport> transport) {
  ReleaseSlot();
  auto opened = handshake_->Finish(shard_.loop(), *response, std::move(transport));
  if (!opened) {
    Fail("WebSocket handshake failed: " + opened.error());
    return;
  }
  CancelExchange();
  Detach();
  Settle([&](runtime::JsEntry& entry) -> v8::MaybeLocal<v8::Value> {
    v8::Isolate* isolate = entry.isolate();
    request_.url.set_hash("");
    v8::Local<v8::Object> object;
    v8::Local<v8::Object> web_socket;
    if (!Response::NewFetched(isolate, response->status(), response->status_text(), std::make_unique<Headers>(response),
                              v8::Null(isolate), request_.url.get_href(), redirects_ > 0)
             .ToLocal(&object) ||
        !NewResponseWebSocket(isolate, entry.context(), entry.invocation(), *std::move(opened)).ToLocal(&web_socket)) {
      return {};
    }
    SetSlot(object, Response::kWebSocketSlot, web_socket);
    return object.As<v8::Value>();
  });
  delete this;
}

void FetchOperation::OnError(http::ClientError error) { Fail(std::move(error.message)); }

void FetchOperation::OnFailed(EventFailure failure) { FailWith(ToError(std::move(failure)), true); }

void FetchOperation::Fail(std::string message) {
  FailWith({ErrorKind::kTypeError, "fetch failed: " + std::move(message)});
}

void FetchOperation::FailWith(const Error& error, bool remote) {
  CancelExchange();
  Detach();
  Settle([&](runtime::JsEntry& entry) { return ThrowFailure(entry.context(), error, remote); });
  delete this;
}

void FetchOperation::Resolve(http::Ref<http::ClientResponse> response) {
  runtime::Invocation* owner = invocation();
  http::Ref<FetchedBody> body;
  http::Ref<http::BodySource> source = response->TakeBody();
  bool may_have_body = !IsNullBodyStatus(response->status()) && request_.method != "HEAD";
  if (source && !may_have_body) Discard(std::exchange(source, nullptr));
  if (source) {
    auto coding = http::ParseContentCoding(response->header("content-encoding").value_or(""));
    body = http::MakeRef<FetchedBody>(owner, std::move(source), coding.value_or(http::ContentCoding::kIdentity),
                                      std::move(exchange_), std::move(request_.pump));
  } else {
    CancelExchange();
  }
  Detach();
  const uint32_t reader = owner->id();
  Settle([&](runtime::JsEntry& entry) -> v8::MaybeLocal<v8::Value> {
    v8::Isolate* isolate = entry.isolate();
    v8::Local<v8::Value> slot = v8::Null(isolate);
    if (body) {
      v8::Local<v8::Object> native;
      if (!NewObject(isolate, std::make_unique<NativeBody>(body, reader)).ToLocal(&native)) return {};
      slot = native;
      if (handle_) {
        // From now on the signal ends the body. Its stream has to be there to be told why.
        handle_->SetBody(body);
        v8::Local<v8::Value> arguments[] = {native, handle_wrapper_.Get(isolate)};
        if (!Realm::From(isolate)
                 .CallInternal(entry.context(), Name::kCreateAbortableStream, arguments)
                 .ToLocal(&slot)) {
          return {};
        }
      }
    } else if (may_have_body) {
      slot = v8::String::Empty(isolate);
    }
    // `url` is without a fragment (https://fetch.spec.whatwg.org/#dom-response-url).
    request_.url.set_hash("");
    v8::Local<v8::Object> object;
    if (!Response::NewFetched(isolate, response->status(), response->status_text(), std::make_unique<Headers>(response),
                              slot, request_.url.get_href(), redirects_ > 0)
             .ToLocal(&object)) {
      return {};
    }
    return object.As<v8::Value>();
  });
  delete this;
}

void FetchOperation::Abort(v8::Local<v8::Value> reason) {
  CancelExchange();
  Detach();
  Settle([&](runtime::JsEntry& entry) -> v8::MaybeLocal<v8::Value> {
    entry.isolate()->ThrowException(reason);
    return {};
  });
  delete this;
}

void FetchOperation::OnInvocationEnd() {
  CancelExchange();
  delete this;
}

void FetchOperation::CancelExchange() {
  if (http::Ref<http::ClientExchange> exchange = std::move(exchange_)) {
    exchange->Cancel();
  } else if (auto* source = std::get_if<http::Ref<http::BodySource>>(&request_.body); source && *source) {
    (*source)->Cancel();  // it was never sent
  }
  request_.pump.reset();
}

}  // namespace verge::bindings
