#include "bindings/cache/http_cache.h"

#include <algorithm>
#include <utility>

#include "bindings/cache/stored_response.h"
#include "cache/answer.h"
#include "cache/invalidation.h"
#include "cache/storing.h"
#include "cache/validation.h"

namespace verge::bindings {
namespace {

using cache::Step;

// A cache that cannot reach the origin may answer with what is stale (RFC 9111, 4.2.4): for so long.
constexpr cache::Seconds kDisconnectedTime{86'400};

bool IsConditional(cache::Fields fields) {
  for (std::string_view name :
       {"if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "range"}) {
    if (cache::FindField(fields, name)) return true;
  }
  return false;
}

std::string_view LengthField(const http::ClientResponse& response) {
  return response.header("content-length").value_or("");
}

std::optional<uint64_t> LengthOf(const http::ClientResponse& response) {
  std::string_view text = LengthField(response);
  uint64_t length = 0;
  if (text.empty() || text.size() > 18) return std::nullopt;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    length = length * 10 + static_cast<uint64_t>(c - '0');
  }
  return length;
}

// Reads and drops what nobody wants; long bodies are cancelled by whoever drops the response.
void Drop(http::Ref<http::ClientResponse> response) {
  if (http::Ref<http::BodySource> body = response->TakeBody()) body->Cancel();
}

}  // namespace

CacheTransaction::CacheTransaction(CacheHost* host, std::shared_ptr<cache::Namespace> space, CacheRequest request,
                                   http::Ref<CacheUpstream> upstream, http::ClientObserver* observer)
    : host_(host),
      space_(std::move(space)),
      request_(std::move(request)),
      upstream_(std::move(upstream)),
      observer_(observer) {
  fields_.reserve(request_.fields.size());
  for (const auto& [name, value] : request_.fields) fields_.push_back({name, value});
}

CacheTransaction::~CacheTransaction() {
  if (exchange_) exchange_->Cancel();
}

void CacheTransaction::Start() {
  http::Ref<CacheTransaction> keep(this);
  self_ = keep;
  Look();
}

void CacheTransaction::Cancel() {
  observer_ = nullptr;
  if (over_) {
    if (http::Ref<http::ClientExchange> exchange = std::move(exchange_)) exchange->Cancel();
    return;
  }
  // The duty to refresh is a reason to go on. Others that wait are not: each asks for itself then.
  if (lease_) return;
  Finish();
}

void CacheTransaction::Finish() {
  if (std::exchange(over_, true)) return;
  flight_.reset();
  lease_.reset();
  stale_.reset();
  if (http::Ref<http::ClientExchange> exchange = std::move(exchange_)) exchange->Cancel();
  self_.reset();  // may delete this
}

// ---- Looking

void CacheTransaction::Look() {
  if (request_.mode == CacheMode::kNoStore) {
    SendUpstream(false);
    return;
  }
  if (request_.mode == CacheMode::kReload) {
    Ask(false);
    return;
  }
  cache::Found found = space_->Find(key(), fields_);
  if (!found.entry && found.on_disk) {
    space_->Load(key(), fields_, cache::Namespace::Vary::kHonour, host_->executor(),
                 [self = http::Ref<CacheTransaction>(this)](cache::Found loaded) mutable {
                   if (!self->over_) self->OnFound(std::move(loaded));
                 });
    return;
  }
  OnFound(std::move(found));
}

void CacheTransaction::OnFound(cache::Found found) {
  http::Ref<CacheTransaction> keep(this);
  bool forced = request_.mode == CacheMode::kForceCache || request_.mode == CacheMode::kOnlyIfCached;
  if (forced && found.entry) {
    Serve(found.entry, "HIT");
    return;
  }
  if (request_.mode == CacheMode::kOnlyIfCached) {
    Respond(UnavailableResponse());
    return;
  }
  bool invalidated = found.invalidated || request_.mode == CacheMode::kNoCache;
  cache::Plan plan = cache::PlanRequest(view(), found.entry.get(), invalidated, request_.rules, host_->Now());
  usable_on_error_ = found.entry && plan.verdict.usable_on_error;
  stale_ = found.entry;
  if (stale_) {
    const cache::Lifetime& lifetime = stale_->lifetime();
    usable_disconnected_ =
        !invalidated && !lifetime.must_revalidate && !lifetime.no_cache && plan.verdict.fresh_left > -kDisconnectedTime;
  }
  switch (plan.step) {
    case Step::kServe:
      Serve(found.entry, "HIT");
      return;
    case Step::kServeAndRefresh: {
      space_->CountStale();
      if (auto lease = space_->TryBeginRefresh(found.entry)) Refresh(*this, found.entry, *std::move(lease));
      Serve(found.entry, "UPDATING");
      return;
    }
    case Step::kValidate:
      Ask(true);
      return;
    case Step::kForward:
      Ask(false);
      return;
    case Step::kUnavailable:
      Respond(UnavailableResponse());
      return;
  }
}

void CacheTransaction::Refresh(CacheTransaction& of, const cache::EntryRef& entry, cache::RefreshLease lease) {
  CacheRequest request = of.request_;
  request.method = "GET";
  std::erase_if(request.fields, [](const auto& field) {
    return http::EqualsIgnoreCase(field.first, "range") || http::EqualsIgnoreCase(field.first, "if-range") ||
           http::EqualsIgnoreCase(field.first, "cache-control") || http::EqualsIgnoreCase(field.first, "pragma");
  });
  auto refresh = http::MakeRef<CacheTransaction>(of.host_, of.space_, std::move(request), of.upstream_, nullptr);
  refresh->lease_.emplace(std::move(lease));
  refresh->stale_ = entry;
  refresh->self_ = refresh;
  // Not below whoever is being answered now.
  of.host_->executor()->Post([refresh] {
    if (!refresh->over_) refresh->SendUpstream(refresh->stale_->lifetime().has_validator);
  });
}

// ---- Asking

void CacheTransaction::Ask(bool validate) {
  bool shared = request_.method == "GET" && !waited_ && !request_.alone && !host_->IsUnshared(key()) &&
                (request_.whole || validate || !IsConditional(fields_));
  if (shared) {
    validating_ = validate;
    auto flight =
        space_->JoinFlight(key(), host_->executor(), [self = http::Ref<CacheTransaction>(this)](cache::EntryRef entry) {
          if (!self->over_) self->OnFlight(std::move(entry));
        });
    if (!flight) return;
    flight_.emplace(*std::move(flight));
  }
  SendUpstream(validate);
}

void CacheTransaction::OnFlight(cache::EntryRef entry) {
  http::Ref<CacheTransaction> keep(this);
  waited_ = true;
  if (entry && entry->replayable() && entry->metadata().vary.Matches(fields_)) {
    Serve(entry, "HIT");
    return;
  }
  if (!entry) {
    // Perhaps it was stored all the same (the leader was the last to be interested), or has become fresh.
    Look();
    return;
  }
  SendUpstream(validating_);
}

void CacheTransaction::SendUpstream(bool validate) {
  http::Ref<CacheTransaction> keep(this);
  validating_ = validate && stale_ != nullptr;
  sent_ = host_->Now();
  ticket_ = space_->Ticket();
  std::vector<http::HeaderField> fields = validating_      ? cache::ConditionalRequestFields(fields_, stale_->fields())
                                          : request_.whole ? cache::ConditionalRequestFields(fields_, {})
                                                           : fields_;
  http::Ref<http::ClientExchange> exchange = upstream_->Send(request_.method, fields, this);
  // An upstream that answers at once may have brought it to its end by now.
  if (!over_ && !exchange_) exchange_ = std::move(exchange);
}

// ---- Answering

void CacheTransaction::Respond(http::Ref<http::ClientResponse> response) {
  http::Ref<CacheTransaction> keep(this);
  http::ClientObserver* observer = std::exchange(observer_, nullptr);
  Finish();
  if (observer) {
    observer->OnResponse(std::move(response));
  } else {
    Drop(std::move(response));
  }
}

void CacheTransaction::Serve(const cache::EntryRef& entry, std::string_view status) {
  if (!observer_) {
    Finish();
    return;
  }
  cache::Time now = host_->Now();
  cache::Verdict verdict = cache::Judge(entry->lifetime(), now);
  cache::AnswerOptions options;
  options.cache_status = status;
  Respond(http::MakeRef<StoredResponse>(entry, cache::AnswerFrom(*entry, view(), verdict, now, options),
                                        host_->executor()));
}

void CacheTransaction::PassOn(http::Ref<http::ClientResponse> response, std::string_view status) {
  if (flight_) {
    host_->SetUnshared(key());
    flight_->Decline();
    flight_.reset();
  }
  // The exchange goes on with the response's body.
  http::Ref<CacheTransaction> keep(this);
  http::ClientObserver* observer = std::exchange(observer_, nullptr);
  http::Ref<http::ClientExchange> exchange = std::move(exchange_);
  Finish();
  exchange_ = std::move(exchange);
  if (!observer) {
    Drop(std::move(response));
    return;
  }
  observer->OnResponse(http::MakeRef<MarkedResponse>(std::move(response), status));
}

cache::Metadata CacheTransaction::MakeMetadata(int status, std::string_view status_text, cache::Fields response,
                                               const cache::Lifetime& lifetime) const {
  cache::Metadata metadata;
  metadata.status = status;
  metadata.status_text = status_text;
  std::vector<http::HeaderField> stored = cache::StoredFields(response, request_.rules);
  std::erase_if(stored, [](const auto& field) { return http::EqualsIgnoreCase(field.name, kCacheStatusField); });
  metadata.fields = cache::FieldList::Copy(stored);
  metadata.lifetime = lifetime;
  metadata.vary = cache::MakeVaryKey(fields_, response);
  metadata.tags = cache::CacheTags(response);
  metadata.tags.insert(metadata.tags.end(), request_.tags.begin(), request_.tags.end());
  metadata.url = request_.url;
  return metadata;
}

void CacheTransaction::OnResponse(http::Ref<http::ClientResponse> response) {
  http::Ref<CacheTransaction> keep(this);
  int status = response->status();
  if (request_.mode == CacheMode::kNoStore) {
    PassOn(std::move(response), "BYPASS");
    return;
  }
  if (validating_ && status == 304) {
    Validated(std::move(response));
    return;
  }
  if (stale_ && cache::IsStaleIfErrorStatus(status)) {
    if (lease_) {
      lease_->Failed();
      Drop(std::move(response));
      Finish();
      return;
    }
    if (usable_on_error_) {
      Drop(std::move(response));
      space_->CountStale();
      cache::EntryRef entry = stale_;
      Serve(entry, "STALE");
      return;
    }
  }
  if (request_.method == "HEAD") {
    AfterHead(*response);
    PassOn(std::move(response), "MISS");
    return;
  }
  cache::StoreDecision decision = cache::DecideToStore({"GET", request_.url, fields_}, {status, response->headers()},
                                                       request_.rules, sent_, host_->Now());
  if (!decision.store()) {
    PassOn(std::move(response), decision.refusal == cache::Refusal::kUseless ? "DYNAMIC" : "BYPASS");
    return;
  }
  Store(std::move(response), decision);
}

void CacheTransaction::Store(http::Ref<http::ClientResponse> response, const cache::StoreDecision& decision) {
  std::string_view result = stale_ ? "EXPIRED" : "MISS";
  http::Ref<http::BodySource> body = response->TakeBody();
  cache::StoreRequest store;
  store.key = key();
  store.metadata = MakeMetadata(response->status(), response->status_text(), response->headers(), decision.lifetime);
  store.length = body ? LengthOf(*response) : uint64_t{0};
  store.ticket = ticket_;
  auto writer = space_->Begin(std::move(store));
  if (!writer) {
    if (body) {
      // Too large: it goes through as it came.
      class Rejoined final : public http::ClientResponse {
       public:
        Rejoined(http::Ref<http::ClientResponse> response, http::Ref<http::BodySource> body)
            : response_(std::move(response)) {
          status_ = response_->status();
          status_text_ = response_->status_text();
          headers_.assign(response_->headers().begin(), response_->headers().end());
          body_ = std::move(body);
        }

       private:
        const http::Ref<http::ClientResponse> response_;
      };
      PassOn(http::MakeRef<Rejoined>(std::move(response), std::move(body)), "BYPASS");
    } else {
      PassOn(std::move(response), "BYPASS");
    }
    return;
  }
  cache::EntryRef entry = (*writer)->entry();
  if (!body) {
    (void)(*writer)->Commit();
    if (flight_) flight_->Publish(entry);
    Serve(entry, result);
    return;
  }
  // The connection is the body's from here on; the flight stays until the body is complete, for those who come late.
  auto shared = std::make_shared<std::optional<cache::Flight>>();
  if (flight_) {
    flight_->Publish(entry);
    *shared = std::move(flight_);
    flight_.reset();
  }
  auto lease = std::make_shared<std::optional<cache::RefreshLease>>(std::move(lease_));
  lease_.reset();
  http::Ref<http::ClientExchange> exchange = std::move(exchange_);
  // Readers have to be there before the first piece comes: one that nobody reads is not kept back for them.
  http::Ref<CacheTransaction> keep(this);
  http::ClientObserver* observer = std::exchange(observer_, nullptr);
  http::Ref<http::ClientResponse> answer;
  if (observer) {
    cache::Time now = host_->Now();
    cache::AnswerOptions options;
    options.cache_status = result;
    answer = http::MakeRef<StoredResponse>(
        entry, cache::AnswerFrom(*entry, view(), cache::Judge(entry->lifetime(), now), now, options),
        host_->executor());
  }
  std::shared_ptr<cache::Executor> executor = host_->executor();
  Finish();
  if (answer) observer->OnResponse(std::move(answer));
  cache::Fill(std::move(body), *std::move(writer), std::move(executor),
              [shared, lease, exchange](const cache::EntryRef& stored) {
                if (!stored && *lease) (*lease)->Failed();
                lease->reset();
                shared->reset();
              });
}

void CacheTransaction::Validated(http::Ref<http::ClientResponse> response) {
  if (!cache::NotModifiedSelects(response->headers(), stale_->fields())) {
    // About something else: ask again, for all of it.
    if (http::Ref<http::ClientExchange> exchange = std::move(exchange_)) exchange->Cancel();
    response.reset();
    stale_.reset();
    SendUpstream(false);
    return;
  }
  std::vector<http::HeaderField> fields = cache::UpdatedFields(stale_->fields(), response->headers());
  cache::Lifetime lifetime = cache::ComputeLifetime({stale_->status(), fields}, request_.rules, sent_, host_->Now());
  cache::Metadata metadata = MakeMetadata(stale_->status(), stale_->metadata().status_text, fields, lifetime);
  metadata.tags = stale_->metadata().tags;
  cache::EntryRef updated = space_->Update(stale_, std::move(metadata), ticket_);
  if (!updated) updated = stale_;
  if (flight_) {
    flight_->Publish(updated);
    flight_.reset();
  }
  lease_.reset();
  Serve(updated, "REVALIDATED");
}

void InvalidateAfter(cache::Namespace& space, std::string_view method, std::string_view url, int status,
                     cache::Fields response) {
  for (const std::string& each : cache::InvalidatedUrls({method, url, {}}, {status, response})) space.Remove(each);
}

void CacheTransaction::AfterHead(const http::ClientResponse& response) {
  if (!stale_) return;
  switch (cache::EffectOfHead({response.status(), response.headers()}, stale_->fields(), stale_->size().value_or(0))) {
    case cache::HeadEffect::kNone:
      break;
    case cache::HeadEffect::kUpdate: {
      std::vector<http::HeaderField> fields = cache::UpdatedFields(stale_->fields(), response.headers());
      cache::Lifetime lifetime =
          cache::ComputeLifetime({stale_->status(), fields}, request_.rules, sent_, host_->Now());
      cache::Metadata metadata = MakeMetadata(stale_->status(), stale_->metadata().status_text, fields, lifetime);
      metadata.vary = stale_->metadata().vary;
      metadata.tags = stale_->metadata().tags;
      (void)space_->Update(stale_, std::move(metadata), ticket_);
      break;
    }
    case cache::HeadEffect::kInvalidate:
      space_->RemoveEntry(stale_);
      break;
  }
}

void CacheTransaction::OnError(http::ClientError error) {
  http::Ref<CacheTransaction> keep(this);
  exchange_.reset();
  if (lease_) {
    lease_->Failed();
    Finish();
    return;
  }
  if (stale_ && (usable_on_error_ || usable_disconnected_)) {
    space_->CountStale();
    cache::EntryRef entry = stale_;
    Serve(entry, "STALE");
    return;
  }
  http::ClientObserver* observer = std::exchange(observer_, nullptr);
  Finish();
  if (observer) observer->OnError(std::move(error));
}

}  // namespace verge::bindings
