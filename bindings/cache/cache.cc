#include "bindings/cache/cache.h"

#include <ada.h>

#include <utility>

#include "bindings/cache/cache_host.h"
#include "bindings/cache/cache_operation.h"
#include "bindings/cache/cache_put.h"
#include "bindings/cache/cache_refresh.h"
#include "bindings/cache/stored_response.h"
#include "bindings/core/invocation_scope.h"
#include "bindings/fetch/body.h"
#include "bindings/fetch/fetch_invocation.h"
#include "bindings/fetch/host_services.h"
#include "bindings/fetch/request.h"
#include "bindings/fetch/response.h"
#include "bindings/fetch/tee_source.h"
#include "cache/answer.h"
#include "cache/plan.h"
#include "http/content_coding.h"
#include "runtime/meter.h"

namespace verge::bindings {
namespace {

const cache::Rules& Rules() {
  static const auto* rules = new cache::Rules(cache::Rules::CacheApi());
  return *rules;
}

std::unexpected<Error> NotImplemented(const char* method, const char* type) {
  return PlainError(std::string("Failed to execute '") + method + "' on '" + type +
                    "': the method is not implemented.");
}

// What fetch() says as well: calls of the Cache API count as subrequests.
Result<> CountCall(runtime::Invocation& invocation) {
  if (auto counted = invocation.CountSubrequest(); !counted) return PlainError(std::move(counted).error());
  return {};
}

v8::MaybeLocal<v8::Value> NewStored(v8::Isolate* isolate, const cache::EntryRef& entry, cache::Answer answer,
                                    const std::shared_ptr<cache::Executor>& executor) {
  v8::Local<v8::Value> slot = v8::Null(isolate);
  if (http::Ref<http::BodySource> source = StoredBody(entry, answer, executor)) {
    auto field = cache::FindField(answer.fields, "content-encoding");
    auto coding = field ? http::ParseContentCoding(*field) : std::nullopt;
    if (coding && *coding != http::ContentCoding::kIdentity && answer.ranges.empty()) {
      source = http::MakeRef<LazyDecoder>(std::move(source), *coding);
    }
    v8::Local<v8::Object> native;
    if (!NewObject(isolate, std::make_unique<NativeBody>(std::move(source))).ToLocal(&native)) return {};
    slot = native;
  }
  auto head = http::MakeRef<StoredHead>(entry, std::move(answer));
  const cache::Answer& kept = head->answer();
  v8::Local<v8::Object> response;
  if (!Response::NewFetched(isolate, kept.status, kept.status_text, std::make_unique<Headers>(head), slot, {}, false)
           .ToLocal(&response)) {
    return {};
  }
  return response.As<v8::Value>();
}

// One match() that may have to wait for the disk or a refresh.
struct Matching {
  CacheHost* host;
  EventDispatcher* dispatcher;
  FetchInvocation* event;  // null: of another kind than a request
  std::shared_ptr<cache::Namespace> space;
  std::string key;
  // Own copies, once it waits; views into the request before that.
  std::vector<http::HeaderField> fields;
  std::vector<std::pair<std::string, std::string>> kept_fields;

  void Keep() {
    kept_fields.reserve(fields.size());
    for (const http::HeaderField& field : fields) kept_fields.emplace_back(field.name, field.value);
    for (size_t i = 0; i < fields.size(); ++i) fields[i] = {kept_fields[i].first, kept_fields[i].second};
  }
  [[nodiscard]] cache::RequestView view() const { return {"GET", key, fields}; }
};

struct Outcome {
  cache::EntryRef entry;  // null: undefined
  std::string_view status;
  cache::Verdict verdict;
  bool wait = false;  // for a refresh, its own or another's, after which `entry` may still stand in
  std::optional<RefreshDuty> duty;
};

Outcome Decide(Matching& matching, const cache::Found& found) {
  Outcome outcome;
  if (!found.entry) return outcome;
  cache::Plan plan =
      cache::PlanRequest(matching.view(), found.entry.get(), found.invalidated, Rules(), matching.host->Now());
  outcome.verdict = plan.verdict;
  if (plan.step == cache::Step::kServe) {
    outcome.entry = found.entry;
    outcome.status = "HIT";
    return outcome;
  }
  bool in_window = plan.step == cache::Step::kServeAndRefresh;
  if (!matching.host->settings().stale_while_revalidate || (!in_window && !plan.verdict.usable_on_error)) {
    return outcome;
  }
  if (!CanRepeat(matching.event)) {
    // A refresh that meets something else that is stale leaves that to others. In an event that cannot be repeated the
    // worker itself has to bring the fresh response.
    if (!in_window || !matching.event || !matching.event->is_refresh()) return outcome;
    outcome.entry = found.entry;
    outcome.status = "UPDATING";
    return outcome;
  }
  matching.space->CountStale();
  outcome.entry = found.entry;
  outcome.duty = matching.host->TryBeginRefresh(*matching.space, found.entry, in_window);
  outcome.status = in_window ? "UPDATING" : "STALE";
  outcome.wait = !in_window;
  return outcome;
}

v8::MaybeLocal<v8::Value> Answer(v8::Isolate* isolate, Matching& matching, const Outcome& outcome) {
  cache::AnswerOptions options;
  options.cache_status = outcome.status;
  return NewStored(isolate, outcome.entry,
                   cache::AnswerFrom(*outcome.entry, matching.view(), outcome.verdict, matching.host->Now(), options),
                   matching.host->executor());
}

void CountAnswer(v8::Isolate* isolate, const Outcome& outcome) {
  auto* meter = runtime::WorkerMeter::Of(isolate);
  if (!meter) return;
  const auto result = outcome.entry ? runtime::CacheOutcomeOf(outcome.status) : runtime::CacheOutcome::kMiss;
  meter->cache[static_cast<size_t>(result)].Add();
}

using Handle = std::shared_ptr<CacheOperation::Handle>;

void SettleWith(const Handle& handle, const std::shared_ptr<Matching>& matching, Outcome& outcome) {
  handle->Settle([&](runtime::JsEntry& entry) -> v8::MaybeLocal<v8::Value> {
    CountAnswer(entry.isolate(), outcome);
    if (!outcome.entry) return v8::Undefined(entry.isolate()).As<v8::Value>();
    return Answer(entry.isolate(), *matching, outcome);
  });
}

// Answers when a refresh is over: with what is there then, or with what was.
void AfterRefresh(const Handle& handle, const std::shared_ptr<Matching>& matching, Outcome& stale,
                  RefreshResult result) {
  if (!handle->waited_for()) return;
  if (result == RefreshResult::kNone) stale = {};
  if (result == RefreshResult::kStored) {
    cache::Found found = matching->space->Find(matching->key, matching->fields);
    cache::Plan plan =
        cache::PlanRequest(matching->view(), found.entry.get(), found.invalidated, Rules(), matching->host->Now());
    stale = {};
    if (plan.step == cache::Step::kServe || plan.step == cache::Step::kServeAndRefresh) {
      stale.entry = found.entry;
      stale.status = "HIT";
      stale.verdict = plan.verdict;
    }
  }
  SettleWith(handle, matching, stale);
}

// Has the entry refreshed, or waits for who does. Those who wait hear the entry that was stored, the stale one if the
// refresh failed, or nothing if the worker had nothing to store.
void WaitForRefresh(const Handle& handle, const std::shared_ptr<Matching>& matching, Outcome outcome) {
  auto stale = std::make_shared<Outcome>();
  stale->entry = outcome.entry;
  stale->status = outcome.status;
  stale->verdict = outcome.verdict;
  cache::Namespace& space = *matching->space;
  if (!outcome.duty) {
    auto flight = space.JoinFlight(matching->key, matching->host->executor(),
                                   [handle, matching, stale](const cache::EntryRef& entry) {
                                     AfterRefresh(handle, matching, *stale,
                                                  !entry                  ? RefreshResult::kNone
                                                  : entry == stale->entry ? RefreshResult::kFailed
                                                                          : RefreshResult::kStored);
                                   });
    // Nobody is at it: a refresh has failed a moment ago.
    if (flight) AfterRefresh(handle, matching, *stale, RefreshResult::kFailed);
    return;
  }
  auto flight = space.JoinFlight(matching->key, matching->host->executor(), [](const cache::EntryRef&) {});
  StartRefresh(*matching->dispatcher, *matching->event, matching->space, matching->key, outcome.entry,
               *std::move(outcome.duty),
               [handle, matching, stale, flight = std::move(flight)](RefreshResult result) mutable {
                 if (flight && result == RefreshResult::kStored) {
                   flight->Publish(matching->space->Find(matching->key, matching->fields).entry);
                 } else if (flight && result == RefreshResult::kFailed) {
                   flight->Publish(stale->entry);
                 }
                 flight.reset();
                 AfterRefresh(handle, matching, *stale, result);
               });
}

void Refresh(Matching& matching, Outcome& outcome) {
  if (!outcome.duty) return;
  StartRefresh(*matching.dispatcher, *matching.event, matching.space, matching.key, outcome.entry,
               *std::move(outcome.duty), nullptr);
  outcome.duty.reset();
}

}  // namespace

Result<v8::Local<v8::Value>> ResolvedWith(Cx& cx, v8::Local<v8::Value> value) {
  v8::Local<v8::Promise::Resolver> resolver;
  if (!v8::Promise::Resolver::New(cx.context).ToLocal(&resolver) || resolver->Resolve(cx.context, value).IsNothing()) {
    return Pending();
  }
  return resolver->GetPromise().As<v8::Value>();
}

Result<CacheKey> ReadCacheKey(Cx& cx, v8::Local<v8::Value> input) {
  CacheKey key;
  if (IsInstance(input, Request::kSpec)) {
    v8::Local<v8::Object> request = input.As<v8::Object>();
    Cx of_request = cx;
    of_request.self = request;
    v8::Local<v8::Value> cf = Request::CfIfAny(request);
    if (cf->IsObject()) {
      v8::Local<v8::Value> given;
      if (!cf.As<v8::Object>()->Get(cx.context, NewSymbolName(cx.isolate, "cacheKey")).ToLocal(&given)) {
        return Pending();
      }
      if (given->IsString()) key.key = ToUtf8(cx.isolate, given.As<v8::String>());
    }
    auto url = Request::GetUrl(of_request);
    if (!url) return std::unexpected(url.error());
    auto method = Request::GetMethod(of_request);
    if (!method) return std::unexpected(method.error());
    key.url = ToUtf8(cx.isolate, url->As<v8::String>());
    key.method = ToUtf8(cx.isolate, method->As<v8::String>());
    Request::ForEachField(
        request, [&key](std::string_view name, std::string_view value) { key.fields.push_back({name, value}); });
  } else {
    std::string text;
    if (!Convert<std::string>::From(cx, input, &text)) return Pending();
    auto url = ada::parse<ada::url_aggregator>(text);
    if (!url) return TypeError("Invalid URL. Cache API keys must be fully-qualified, valid URLs.");
    key.url = url->get_href();
  }
  if (size_t hash = key.url.find('#'); hash != std::string::npos) key.url.resize(hash);
  if (key.key.empty()) key.key = key.url;
  return key;
}

bool Cache::QueryOptions::Read(Cx& cx, v8::Local<v8::Object> object, QueryOptions* out) {
  return ReadMember(cx, object, Name::kCacheName, &out->cache_name) &&
         ReadMember(cx, object, Name::kIgnoreMethod, &out->ignore_method) &&
         ReadMember(cx, object, Name::kIgnoreSearch, &out->ignore_search) &&
         ReadMember(cx, object, Name::kIgnoreVary, &out->ignore_vary);
}

const std::shared_ptr<cache::Namespace>& Cache::space(CacheHost& host) {
  if (!space_) space_ = host.Open(name_);
  return space_;
}

namespace {

Result<> CheckOptions(const Cache::QueryOptions& options) {
  const char* member = !options.ignore_search.IsEmpty() ? "ignoreSearch"
                       : !options.cache_name.IsEmpty()  ? "cacheName"
                                                        : nullptr;
  if (!member) return {};
  return PlainError(std::string("The '") + member + "' field on 'CacheQueryOptions' is not implemented.");
}

}  // namespace

Result<v8::Local<v8::Value>> Cache::Match(Cx& cx, AnyValue request, QueryOptions options) {
  auto invocation = RequireInvocation(cx);
  if (!invocation) return std::unexpected(invocation.error());
  if (auto checked = CheckOptions(options); !checked) return std::unexpected(checked.error());
  auto key = ReadCacheKey(cx, request.value);
  if (!key) return std::unexpected(key.error());
  v8::Local<v8::Value> nothing = v8::Undefined(cx.isolate);
  const HostServices* services = cx.realm().host_services();
  auto* self = Unwrap<Cache>(cx.self);
  if ((key->method != "GET" && !options.ignore_method) || !services->cache || !self) return ResolvedWith(cx, nothing);
  if (auto counted = CountCall(**invocation); !counted) return std::unexpected(counted.error());
  auto* event = FetchInvocation::From(*invocation);
  Matching matching{services->cache,     services->dispatcher,   event, self->space(*services->cache),
                    std::move(key->key), std::move(key->fields), {}};
  if (event && event->purpose() && event->purpose()->TreatsAsMissing(matching.space.get(), matching.key)) {
    return ResolvedWith(cx, nothing);
  }
  auto vary = options.ignore_vary ? cache::Namespace::Vary::kIgnore : cache::Namespace::Vary::kHonour;
  cache::Found found = matching.space->Find(matching.key, matching.fields, vary);
  bool load = !found.entry && found.on_disk;
  Outcome outcome;
  if (!load) {
    outcome = Decide(matching, found);
    if (!outcome.wait) {
      Refresh(matching, outcome);
      CountAnswer(cx.isolate, outcome);
      if (!outcome.entry) return ResolvedWith(cx, nothing);
      v8::Local<v8::Value> response;
      if (!Answer(cx.isolate, matching, outcome).ToLocal(&response)) return Pending();
      return ResolvedWith(cx, response);
    }
  }
  auto waiting = std::make_shared<Matching>(std::move(matching));
  waiting->Keep();
  v8::Local<v8::Promise> promise;
  Handle handle = CacheOperation::Start(cx.context, *invocation, &promise);
  if (!handle) return Pending();
  if (!load) {
    WaitForRefresh(handle, waiting, std::move(outcome));
    return promise.As<v8::Value>();
  }
  waiting->space->Load(waiting->key, waiting->fields, vary, waiting->host->executor(),
                       [handle, waiting](const cache::Found& loaded) {
                         if (!handle->waited_for()) return;
                         Outcome decided = Decide(*waiting, loaded);
                         if (decided.wait) {
                           WaitForRefresh(handle, waiting, std::move(decided));
                           return;
                         }
                         Refresh(*waiting, decided);
                         SettleWith(handle, waiting, decided);
                       });
  return promise.As<v8::Value>();
}

Result<v8::Local<v8::Value>> Cache::Put(Cx& cx, AnyValue request, AnyValue value) {
  auto invocation = RequireInvocation(cx);
  if (!invocation) return std::unexpected(invocation.error());
  if (!IsInstance(value.value, Response::kSpec)) {
    return std::unexpected(cx.MakeTypeError("parameter 2 is not of type 'Response'."));
  }
  auto key = ReadCacheKey(cx, request.value);
  if (!key) return std::unexpected(key.error());
  const HostServices* services = cx.realm().host_services();
  auto* self = Unwrap<Cache>(cx.self);
  if (auto counted = CountCall(**invocation); !counted) return std::unexpected(counted.error());
  return PutResponse(cx, *invocation, services->cache,
                     services->cache && self ? self->space(*services->cache) : nullptr, *std::move(key),
                     value.value.As<v8::Object>());
}

Result<v8::Local<v8::Value>> Cache::Delete(Cx& cx, AnyValue request, QueryOptions options) {
  auto invocation = RequireInvocation(cx);
  if (!invocation) return std::unexpected(invocation.error());
  if (auto checked = CheckOptions(options); !checked) return std::unexpected(checked.error());
  auto key = ReadCacheKey(cx, request.value);
  if (!key) return std::unexpected(key.error());
  const HostServices* services = cx.realm().host_services();
  auto* self = Unwrap<Cache>(cx.self);
  if ((key->method != "GET" && !options.ignore_method) || !services->cache || !self) {
    return ResolvedWith(cx, v8::False(cx.isolate));
  }
  if (auto counted = CountCall(**invocation); !counted) return std::unexpected(counted.error());
  v8::Local<v8::Promise> promise;
  Handle handle = CacheOperation::Start(cx.context, *invocation, &promise);
  if (!handle) return Pending();
  self->space(*services->cache)->Remove(key->key, services->cache->executor(), [handle](bool existed) {
    handle->Settle([existed](runtime::JsEntry& entry) -> v8::MaybeLocal<v8::Value> {
      return v8::Boolean::New(entry.isolate(), existed).As<v8::Value>();
    });
  });
  return promise.As<v8::Value>();
}

Result<v8::Local<v8::Value>> Cache::Add(Cx&) { return NotImplemented("add", "Cache"); }
Result<v8::Local<v8::Value>> Cache::AddAll(Cx&) { return NotImplemented("addAll", "Cache"); }
Result<v8::Local<v8::Value>> Cache::MatchAll(Cx&) { return NotImplemented("matchAll", "Cache"); }
Result<v8::Local<v8::Value>> Cache::Keys(Cx&) { return NotImplemented("keys", "Cache"); }

// ---- CacheStorage

Result<v8::Local<v8::Value>> CacheStorage::GetDefault(Cx& cx) {
  v8::Local<v8::Value> existing = GetSlot(cx.self, kDefaultSlot);
  if (existing->IsObject()) return existing;
  v8::Local<v8::Object> created;
  if (!NewObject(cx.isolate, std::make_unique<Cache>("api")).ToLocal(&created)) return Pending();
  SetSlot(cx.self, kDefaultSlot, created);
  return created.As<v8::Value>();
}

Result<v8::Local<v8::Value>> CacheStorage::Open(Cx& cx, std::string name) {
  constexpr size_t kMaxName = 1024;
  if (name.size() >= kMaxName) return TypeError("Cache name is too long.");
  v8::Local<v8::Object> created;
  if (!NewObject(cx.isolate, std::make_unique<Cache>("api:" + name)).ToLocal(&created)) return Pending();
  return ResolvedWith(cx, created);
}

Result<v8::Local<v8::Value>> CacheStorage::Delete(Cx&) { return NotImplemented("delete", "CacheStorage"); }
Result<v8::Local<v8::Value>> CacheStorage::Has(Cx&) { return NotImplemented("has", "CacheStorage"); }
Result<v8::Local<v8::Value>> CacheStorage::Keys(Cx&) { return NotImplemented("keys", "CacheStorage"); }
Result<v8::Local<v8::Value>> CacheStorage::Match(Cx&) { return NotImplemented("match", "CacheStorage"); }

void GetCaches(v8::Local<v8::Name>, const v8::PropertyCallbackInfo<v8::Value>& info) {
  v8::Local<v8::Object> caches;
  if (NewObject(info.GetIsolate(), CacheStorage::kSpec).ToLocal(&caches)) info.GetReturnValue().Set(caches);
}

}  // namespace verge::bindings
