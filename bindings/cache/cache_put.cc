#include "bindings/cache/cache_put.h"

#include <optional>
#include <utility>
#include <vector>

#include "bindings/cache/cache_host.h"
#include "bindings/cache/cache_operation.h"
#include "bindings/cache/stored_response.h"
#include "bindings/fetch/body.h"
#include "bindings/fetch/discard.h"
#include "bindings/fetch/response.h"
#include "bindings/fetch/response_coding.h"
#include "bindings/fetch/stream_pump.h"
#include "cache/storing.h"
#include "cache/writer.h"
#include "http/content_coding.h"
#include "runtime/leave_task.h"
#include "runtime/shard.h"

namespace verge::bindings {
namespace {

const cache::Rules& Rules() {
  static const auto* rules = new cache::Rules(cache::Rules::CacheApi());
  return *rules;
}

// Begins to read a body when the isolate has been left: sources may touch sockets. Deletes itself.
class Reading final : private runtime::LeaveTask {
 public:
  static void Start(runtime::Shard& shard, std::move_only_function<void()> start) {
    auto* reading = new Reading(std::move(start));
    reading->Schedule(shard);
  }

 private:
  explicit Reading(std::move_only_function<void()> start) : start_(std::move(start)) {}
  void OnIsolateLeft() override {
    auto start = std::move(start_);
    delete this;
    start();
  }
  std::move_only_function<void()> start_;
};

// Reads to the end what is not stored: whoever waits for the other branch of a tee, or for put(), is not kept waiting.
class Drain final : public http::BodySink {
 public:
  static void Start(http::Ref<http::BodySource> source, std::move_only_function<void()> done) {
    (new Drain(std::move(source), std::move(done)))->Read();
  }

 private:
  Drain(http::Ref<http::BodySource> source, std::move_only_function<void()> done)
      : source_(std::move(source)), done_(std::move(done)) {}

  void Read() {
    reading_ = true;
    do {
      again_ = false;
      source_->Pull(this);
    } while (again_ && !over_);
    reading_ = false;
    if (over_) Finish();
  }
  void OnChunk(http::Bytes) override {
    if (reading_) {
      again_ = true;
    } else {
      Read();
    }
  }
  void OnEnd() override { End(); }
  void OnError(http::BodyError, std::string_view) override { End(); }
  void End() {
    over_ = true;
    if (!reading_) Finish();
  }
  void Finish() {
    auto done = std::move(done_);
    delete this;
    done();
  }

  http::Ref<http::BodySource> source_;
  std::move_only_function<void()> done_;
  bool reading_ = false;
  bool again_ = false;
  bool over_ = false;
};

Result<> CheckStorable(v8::Local<v8::Object> response, const CacheKey& key, int status, const Headers* headers) {
  v8::Local<v8::Value> type = GetSlot(response, Response::kTypeSlot);
  if (status == 0 && type->IsString()) return TypeError("Cache is unable to store an error response");
  if (Response::WebSocketOf(response)->IsObject()) return TypeError("Cannot cache WebSocket upgrade response.");
  if (key.method != "GET") return TypeError("Cannot cache response to non-GET request.");
  if (status == 206) return TypeError("Cannot cache response to a range request (206 Partial Content).");
  auto vary = headers ? headers->Find("vary") : std::nullopt;
  if (vary && vary->contains('*')) return TypeError("Cannot cache response with 'Vary: *' header.");
  return {};
}

// A body that is there already, as bytes.
std::optional<http::Bytes> BytesOf(Cx& cx, OutgoingBody& body) {
  switch (body.kind) {
    case OutgoingBody::Kind::kNone:
      return http::Bytes();
    case OutgoingBody::Kind::kString:
      return http::Bytes::Take(ToUtf8(cx.isolate, body.string));
    case OutgoingBody::Kind::kBytes:
      return http::Bytes::Copy(std::span<const uint8_t>(BufferSource{body.bytes}.bytes()));
    case OutgoingBody::Kind::kSource:
      return body.source->TakeWhole();
    case OutgoingBody::Kind::kStream:
      break;
  }
  return std::nullopt;
}

}  // namespace

Result<v8::Local<v8::Value>> PutResponse(Cx& cx, runtime::Invocation* invocation, CacheHost* host,
                                         std::shared_ptr<cache::Namespace> space, CacheKey key,
                                         v8::Local<v8::Object> response) {
  int status = Response::StatusOf(response);
  Headers* headers = Response::HeadersOf(response);
  if (auto checked = CheckStorable(response, key, status, headers); !checked) return std::unexpected(checked.error());
  runtime::Shard& shard = invocation->isolate().shard();
  if (auto usable = RequireUsableBody(cx, response); !usable) return std::unexpected(usable.error());
  if (status == 304) {
    shard.log().Write(runtime::LogLevel::kWarn, invocation->isolate().options().worker_name,
                      "cache.put() ignores a response with status 304: there is nothing in it to keep. Look at the "
                      "status before you put a response.");
    return ResolvedWith(cx, v8::Undefined(cx.isolate));
  }
  BodyType type = BodyTypeOf(response);
  auto body = TakeBody(cx, response);
  if (!body) return std::unexpected(body.error());
  v8::Local<v8::Value> nothing = v8::Undefined(cx.isolate);

  // What is kept of it, decided before anything is read.
  std::vector<http::HeaderField> fields;
  if (headers) {
    headers->ForEach([&](std::string_view name, std::string_view value) {
      // What another cache said of it: this one says it anew.
      if (!http::EqualsIgnoreCase(name, kCacheStatusField)) fields.push_back({name, value});
    });
  } else if (body->kind != OutgoingBody::Kind::kNone && type != BodyType::kNone) {
    fields.push_back({"Content-Type", ContentTypeOf(type)});
  }
  cache::StoreDecision decision;
  decision.refusal = cache::Refusal::kUseless;
  cache::Time now{};
  if (space) {
    now = host->Now();
    decision = cache::DecideToStore({"GET", key.url, key.fields}, {status, fields}, Rules(), now, now);
  }
  cache::StoreRequest store;
  std::optional<http::ContentCoding> coding;
  if (decision.store()) {
    store.key = key.key;
    store.metadata.status = status;
    v8::Local<v8::Value> status_text = GetSlot(response, Response::kStatusTextSlot);
    if (status_text->IsString()) AppendLatin1(cx.isolate, status_text.As<v8::String>(), &store.metadata.status_text);
    store.metadata.fields = cache::FieldList::Copy(cache::StoredFields(fields, Rules()));
    store.metadata.lifetime = decision.lifetime;
    store.metadata.vary = cache::MakeVaryKey(key.fields, fields);
    store.metadata.tags = cache::CacheTags(fields);
    store.metadata.url = key.url;
    if (!Response::IsEncoded(response)) {
      coding = http::ParseContentCoding(cache::FindField(fields, "content-encoding").value_or(""));
      if (coding == http::ContentCoding::kIdentity) coding.reset();
    }
  }

  // The common small response.
  if (auto bytes = coding ? std::nullopt : BytesOf(cx, *body)) {
    if (decision.store()) {
      store.length = bytes->size();
      (void)space->Put(std::move(store), *std::move(bytes));
    }
    return ResolvedWith(cx, nothing);
  }

  // What is stored is what would be sent: in the coding that the response names.
  http::ResponseBody outgoing;
  switch (body->kind) {
    case OutgoingBody::Kind::kNone:
      break;
    case OutgoingBody::Kind::kString:
    case OutgoingBody::Kind::kBytes:
      outgoing = *BytesOf(cx, *body);
      break;
    case OutgoingBody::Kind::kSource:
      outgoing = std::move(body->source);
      break;
    case OutgoingBody::Kind::kStream: {
      http::Ref<StreamPump> pump = StreamPump::Create(cx, invocation, body->stream);
      if (!pump) return Pending();
      outgoing = http::Ref<http::BodySource>(pump);
      break;
    }
  }
  if (coding) {
    auto* source = std::get_if<http::Ref<http::BodySource>>(&outgoing);
    if (!source || !(*source)->KeepCoded(*coding)) EncodeResponseBody(&outgoing, *coding);
  }
  auto* source = std::get_if<http::Ref<http::BodySource>>(&outgoing);
  if (!source || !*source) {
    // Nothing but a coding: an empty body.
    if (decision.store()) (void)space->Put(std::move(store), {});
    return ResolvedWith(cx, nothing);
  }

  v8::Local<v8::Promise> promise;
  auto handle = CacheOperation::Start(cx.context, invocation, &promise);
  if (!handle) return Pending();
  auto settle = [handle] {
    handle->Settle([](runtime::JsEntry& entry) -> v8::MaybeLocal<v8::Value> {
      return v8::Undefined(entry.isolate()).As<v8::Value>();
    });
  };
  std::shared_ptr<cache::Writer> writer;
  if (decision.store()) {
    store.length = (*source)->length();
    if (auto begun = space->Begin(std::move(store))) writer = *std::move(begun);
  }
  if (!writer) {
    Reading::Start(shard, [source = std::move(*source), settle]() mutable { Drain::Start(std::move(source), settle); });
    return promise.As<v8::Value>();
  }
  Reading::Start(
      shard, [source = std::move(*source), writer = std::move(writer), executor = host->executor(), settle]() mutable {
        cache::Fill(std::move(source), std::move(writer), std::move(executor),
                    [settle](const cache::EntryRef&) { settle(); });
      });
  return promise.As<v8::Value>();
}

}  // namespace verge::bindings
