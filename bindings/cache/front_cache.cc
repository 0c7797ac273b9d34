#include "bindings/cache/front_cache.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "bindings/cache/http_cache.h"
#include "bindings/cache/stored_response.h"
#include "bindings/fetch/background_exchange.h"
#include "bindings/fetch/made_response.h"
#include "bindings/fetch/response_coding.h"
#include "cache/answer.h"
#include "http/bytes_source.h"
#include "http/client/transport.h"
#include "http/content_coding.h"
#include "http/websocket/handshake.h"

namespace verge::bindings {
namespace {

cache::Rules FrontRules() {
  cache::Rules rules = cache::Rules::HttpCache();
  // What a client asks of caches is for its own; a worker that says nothing of caching is not cached.
  rules.request_directives = false;
  rules.heuristics = false;
  rules.refuse_set_cookie = true;
  return rules;
}

const cache::Rules& Rules() {
  static const auto* rules = new cache::Rules(FrontRules());
  return *rules;
}

// ---- The worker as an upstream

// The worker's side of one request: what it answers goes to the transaction. Told when the body has been read, so that
// the event ends then.
class WorkerExchange final : public http::Exchange {
 public:
  WorkerExchange(http::Ref<http::RequestHead> head, http::ClientObserver* observer)
      : head_(std::move(head)), observer_(observer) {}
  ~WorkerExchange() override {
    event_ = nullptr;
    if (!responded_) Fail();
  }

  void Disconnect() { observer_ = nullptr; }

  [[nodiscard]] const http::Ref<http::RequestHead>& head() const override { return head_; }
  [[nodiscard]] http::Ref<http::BodySource> body() override { return nullptr; }
  [[nodiscard]] bool responded() const override { return responded_; }
  void set_observer(http::ExchangeObserver* observer) override { event_ = observer; }
  std::unique_ptr<http::Transport> RespondUpgrade(std::string_view, std::span<const http::HeaderField>) override {
    return nullptr;
  }

  void Respond(const http::ResponseHead& head, http::ResponseBody body) override;
  void Abort() override {
    http::Ref<WorkerExchange> keep(this);
    if (!std::exchange(responded_, true)) Fail();
    Done(http::ExchangeOutcome::kBodyFailed);
  }
  void Done(http::ExchangeOutcome outcome) {
    if (http::ExchangeObserver* event = std::exchange(event_, nullptr)) event->OnExchangeDone(outcome);
  }

 private:
  void Fail() {
    if (http::ClientObserver* observer = std::exchange(observer_, nullptr)) {
      observer->OnError({.kind = http::ClientError::Kind::kReset, .message = "the worker gave no response"});
    }
  }

  const http::Ref<http::RequestHead> head_;
  http::ClientObserver* observer_;
  http::ExchangeObserver* event_ = nullptr;
  bool responded_ = false;
};

// A worker's body on its way: tells the exchange how it ended.
class WatchedSource final : public http::BodySource, private http::BodySink {
 public:
  WatchedSource(http::Ref<http::BodySource> source, http::Ref<WorkerExchange> exchange)
      : source_(std::move(source)), exchange_(std::move(exchange)) {}
  ~WatchedSource() override { End(http::ExchangeOutcome::kDisconnected, true); }

  void Pull(http::BodySink* sink) override {
    if (!source_) {
      sink->OnError(http::BodyError::kCancelled, "The body was cancelled.");
      return;
    }
    sink_ = sink;
    http::Ref<http::BodySource> source = source_;
    source->Pull(this);
  }
  void Cancel() override {
    http::Ref<WatchedSource> keep(this);
    sink_ = nullptr;
    End(http::ExchangeOutcome::kDisconnected, true);
  }
  [[nodiscard]] std::optional<uint64_t> length() const override { return source_ ? source_->length() : std::nullopt; }

 private:
  void OnChunk(http::Bytes chunk) override {
    if (http::BodySink* sink = std::exchange(sink_, nullptr)) sink->OnChunk(std::move(chunk));
  }
  void OnEnd() override {
    http::Ref<WatchedSource> keep(this);
    http::BodySink* sink = std::exchange(sink_, nullptr);
    End(http::ExchangeOutcome::kSent, false);
    if (sink) sink->OnEnd();
  }
  void OnError(http::BodyError error, std::string_view message) override {
    http::Ref<WatchedSource> keep(this);
    std::string text(message);
    http::BodySink* sink = std::exchange(sink_, nullptr);
    End(http::ExchangeOutcome::kBodyFailed, false);
    if (sink) sink->OnError(error, text);
  }
  void End(http::ExchangeOutcome outcome, bool cancel) {
    http::Ref<http::BodySource> source = std::move(source_);
    if (source && cancel) source->Cancel();
    if (http::Ref<WorkerExchange> exchange = std::move(exchange_)) exchange->Done(outcome);
  }

  http::Ref<http::BodySource> source_;
  http::Ref<WorkerExchange> exchange_;
  http::BodySink* sink_ = nullptr;
};

void WorkerExchange::Respond(const http::ResponseHead& head, http::ResponseBody body) {
  http::Ref<WorkerExchange> keep(this);
  if (std::exchange(responded_, true)) return;
  http::Ref<http::BodySource> source;
  bool at_once = true;
  if (auto* text = std::get_if<std::string_view>(&body)) {
    if (!text->empty()) source = http::MakeRef<http::BytesSource>(http::Bytes::Copy(*text));
  } else if (auto* bytes = std::get_if<http::Bytes>(&body)) {
    if (!bytes->empty()) source = http::MakeRef<http::BytesSource>(std::move(*bytes));
  } else if (auto* given = std::get_if<http::Ref<http::BodySource>>(&body); given && *given) {
    source = http::MakeRef<WatchedSource>(std::move(*given), keep);
    at_once = false;
  }
  if (http::ClientObserver* observer = std::exchange(observer_, nullptr)) {
    observer->OnResponse(http::MakeRef<MadeResponse>(head, std::move(source)));
  } else if (source) {
    source->Cancel();
  }
  if (at_once) Done(http::ExchangeOutcome::kSent);
}

class WorkerClientExchange final : public http::ClientExchange {
 public:
  explicit WorkerClientExchange(http::Ref<WorkerExchange> exchange) : exchange_(std::move(exchange)) {}
  void Cancel() override {
    if (http::Ref<WorkerExchange> exchange = std::move(exchange_)) {
      exchange->Disconnect();
      // Nobody wants the answer: as if the client had gone.
      if (!exchange->responded()) exchange->Done(http::ExchangeOutcome::kDisconnected);
    }
  }

 private:
  http::Ref<WorkerExchange> exchange_;
};

class WorkerUpstream final : public CacheUpstream {
 public:
  WorkerUpstream(http::Ref<http::RequestHead> head, const FrontCache::RunWorker& run)
      : head_(std::move(head)), run_(run) {}

  http::Ref<http::ClientExchange> Send(std::string_view, cache::Fields fields,
                                       http::ClientObserver* observer) override {
    asked_ = true;
    auto exchange = http::MakeRef<WorkerExchange>(http::MakeRef<MadeRequestHead>(*head_, fields), observer);
    auto client = http::MakeRef<WorkerClientExchange>(exchange);
    run_(exchange);
    return client;
  }

  [[nodiscard]] bool asked() const { return asked_; }

 private:
  const http::Ref<http::RequestHead> head_;
  const FrontCache::RunWorker& run_;
  bool asked_ = false;
};

// ---- What is said of answers that the worker has no part in

// Of one request; from its start to its end.
class Report {
 public:
  explicit Report(runtime::EventRecorder* recorder)
      : recorder_(recorder), started_ns_(recorder ? static_cast<int64_t>(uv_hrtime()) : 0) {}

  void Say(const http::RequestHead& request, int status, std::string_view cache_status) const {
    if (!recorder_) return;
    recorder_->OnAnswered(request.method(), request.target(), status, static_cast<int64_t>(uv_hrtime()) - started_ns_,
                          std::string("cache ").append(cache_status));
  }

 private:
  runtime::EventRecorder* recorder_;  // null: nobody wants to know
  int64_t started_ns_;
};

// ---- The client

// Answers `exchange` with `response`, whose content coding is removed for a client that does not take it.
void Answer(http::Exchange& exchange, http::ClientResponse& response) {
  http::ResponseBody body;
  http::Ref<http::BodySource> source = response.TakeBody();
  std::vector<http::HeaderField> fields;
  std::span<const http::HeaderField> headers = response.headers();
  if (source) {
    auto coding = http::ParseContentCoding(response.header("content-encoding").value_or(""));
    if (coding && *coding != http::ContentCoding::kIdentity && response.status() != 206 &&
        !AcceptsCoding(exchange.head()->header("accept-encoding"), *coding)) {
      source = http::DecodeBody(std::move(source), *coding);
      for (const http::HeaderField& field : headers) {
        if (http::EqualsIgnoreCase(field.name, "content-encoding") ||
            http::EqualsIgnoreCase(field.name, "content-length")) {
          continue;
        }
        fields.push_back(field);
      }
      headers = fields;
    }
    if (auto whole = source->TakeWhole()) {
      body = *std::move(whole);
    } else {
      body = std::move(source);
    }
  }
  exchange.Respond({.status = response.status(), .status_text = response.status_text(), .headers = headers},
                   std::move(body));
}

// Waits for a transaction on behalf of a client. Belongs to itself until one of the two is over.
class Waiter final : public http::ClientObserver, public http::ExchangeObserver {
 public:
  Waiter(http::Ref<http::Exchange> exchange, http::Ref<WorkerUpstream> upstream, const Report& report)
      : exchange_(std::move(exchange)), upstream_(std::move(upstream)), report_(report) {
    exchange_->set_observer(this);
  }

  void Start(const http::Ref<CacheTransaction>& transaction) {
    transaction_ = transaction;
    transaction->Start();
  }

  void OnResponse(http::Ref<http::ClientResponse> response) override {
    if (!upstream_->asked()) {
      report_.Say(*exchange_->head(), response->status(), response->header("cf-cache-status").value_or("HIT"));
    }
    http::Ref<http::Exchange> exchange = Leave();
    Answer(*exchange, *response);
  }
  void OnError(http::ClientError) override {
    http::Ref<http::Exchange> exchange = Leave();
    exchange->Abort();
  }
  void OnExchangeDone(http::ExchangeOutcome) override {
    http::Ref<CacheTransaction> transaction = std::move(transaction_);
    Leave();
    if (transaction) transaction->Cancel();
  }

 private:
  http::Ref<http::Exchange> Leave() {
    http::Ref<http::Exchange> exchange = std::move(exchange_);
    exchange->set_observer(nullptr);
    delete this;
    return exchange;
  }

  http::Ref<http::Exchange> exchange_;
  const http::Ref<WorkerUpstream> upstream_;
  const Report report_;
  http::Ref<CacheTransaction> transaction_;
};

// ---- Requests that the cache does not answer

// The client's own exchange, through which a successful unsafe request is seen (RFC 9111, 4.4).
class UnsafeExchange final : public http::Exchange {
 public:
  UnsafeExchange(http::Ref<http::Exchange> exchange, std::shared_ptr<cache::Namespace> space, std::string key)
      : exchange_(std::move(exchange)), space_(std::move(space)), key_(std::move(key)) {}

  [[nodiscard]] const http::Ref<http::RequestHead>& head() const override { return exchange_->head(); }
  [[nodiscard]] http::Ref<http::BodySource> body() override { return exchange_->body(); }
  void Respond(const http::ResponseHead& head, http::ResponseBody body) override {
    if (head.status >= 200 && head.status < 400) space_->Remove(key_);
    exchange_->Respond(head, std::move(body));
  }
  std::unique_ptr<http::Transport> RespondUpgrade(std::string_view protocol,
                                                  std::span<const http::HeaderField> headers) override {
    return exchange_->RespondUpgrade(protocol, headers);
  }
  [[nodiscard]] bool responded() const override { return exchange_->responded(); }
  void Abort() override { exchange_->Abort(); }
  void set_observer(http::ExchangeObserver* observer) override { exchange_->set_observer(observer); }

 private:
  const http::Ref<http::Exchange> exchange_;
  const std::shared_ptr<cache::Namespace> space_;
  const std::string key_;
};

}  // namespace

void FrontCache::KeyOf(const http::RequestHead& head) {
  key_.assign(version_).append(head.target());
  // Purges by prefix go by this: the host is no part of the key, so it is none here.
  url_.assign(head.target());
}

bool FrontCache::ServeAtOnce(http::Exchange& exchange) {
  const http::RequestHead& head = *exchange.head();
  const Report report(recorder_);
  cache::Found found = host_->front_namespace()->Find(key_, head.headers());
  if (!found.entry) return false;
  cache::Time now = host_->Now();
  cache::RequestView request{head.method(), url_, head.headers()};
  cache::Plan plan = cache::PlanRequest(request, found.entry.get(), found.invalidated, Rules(), now);
  if (plan.step != cache::Step::kServe) return false;
  cache::AnswerOptions options;
  options.cache_status = "HIT";
  cache::Answer answer = cache::AnswerFrom(*found.entry, request, plan.verdict, now, options);
  report.Say(head, answer.status, options.cache_status);
  if (answer.has_body && answer.ranges.empty() && !cache::FindField(answer.fields, "content-encoding")) {
    if (auto whole = found.entry->WholeBody()) {
      exchange.Respond({.status = answer.status, .status_text = answer.status_text, .headers = answer.fields},
                       *std::move(whole));
      return true;
    }
  }
  StoredResponse response(found.entry, std::move(answer), host_->executor());
  Answer(exchange, response);
  return true;
}

void FrontCache::OnRequest(http::Ref<http::Exchange> exchange) {
  const http::RequestHead& head = *exchange->head();
  bool get = head.method() == "GET";
  if ((!get && head.method() != "HEAD") || head.has_body() || head.header("authorization") ||
      http::IsWebSocketRequest(head)) {
    if (get || head.method() == "HEAD" || head.method() == "OPTIONS") {
      run_(std::move(exchange));
      return;
    }
    KeyOf(head);
    run_(http::MakeRef<UnsafeExchange>(std::move(exchange), host_->front_namespace(), key_));
    return;
  }
  KeyOf(head);
  const Report report(recorder_);
  if (ServeAtOnce(*exchange)) return;
  CacheRequest request;
  request.method = head.method();
  request.url = url_;
  request.key = key_;
  request.rules = Rules();
  request.whole = true;
  for (const http::HeaderField& field : head.headers()) request.fields.emplace_back(field.name, field.value);
  auto upstream = http::MakeRef<WorkerUpstream>(exchange->head(), run_);
  auto* waiter = new Waiter(std::move(exchange), upstream, report);
  waiter->Start(http::MakeRef<CacheTransaction>(host_, host_->front_namespace(), std::move(request),
                                                std::move(upstream), waiter));
}

}  // namespace verge::bindings
