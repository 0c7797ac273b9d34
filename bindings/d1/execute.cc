#include "bindings/d1/execute.h"

#include <uv.h>

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "bindings/core/invocation_scope.h"
#include "bindings/d1/errors.h"
#include "bindings/d1/results.h"
#include "bindings/d1/session.h"
#include "d1/error_text.h"
#include "runtime/await_io.h"
#include "runtime/meter.h"
#include "runtime/shard.h"
#include "runtime/shard_mailbox.h"

namespace verge::bindings {
namespace {

using Kind = D1Request::Kind;

std::string_view FirstLine(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

// Throws the error that a failure is for the worker.
void ThrowFailure(v8::Isolate* isolate, const D1Request& request, const d1::Failure& failure) {
  if (request.kind != Kind::kExec) {
    (void)D1Error(isolate, "D1_ERROR", failure.text);
    return;
  }
  size_t line = 1;
  std::string_view text;
  if (failure.query < request.queries.size()) {
    line = request.lines[failure.query];
    text = FirstLine(request.queries[failure.query].sql);
  }
  (void)D1Error(isolate, "D1_EXEC_ERROR",
                "Error in line " + std::to_string(line) + ": " + std::string(text) + ": " + failure.text);
}

v8::MaybeLocal<v8::Value> ToValue(v8::Isolate* isolate, v8::Local<v8::Context> context, const D1Request& request,
                                  const std::vector<d1::ResultSet>& results) {
  switch (request.kind) {
    case Kind::kResult:
      return ToResult(isolate, context, results.front());
    case Kind::kFirst:
      return ToFirstRow(isolate, context, results.front());
    case Kind::kFirstValue:
      return ToFirstValue(isolate, context, results.front(), request.column);
    case Kind::kRaw:
      return ToRawRows(isolate, context, results.front(), request.column_names);
    case Kind::kBatch: {
      std::vector<v8::Local<v8::Value>> values;
      values.reserve(results.size());
      for (const d1::ResultSet& result : results) {
        if (!ToResult(isolate, context, result).ToLocal(&values.emplace_back())) return {};
      }
      return v8::Array::New(isolate, values.data(), values.size()).As<v8::Value>();
    }
    case Kind::kExec: {
      double duration = 0;
      for (const d1::ResultSet& result : results) duration += result.meta.duration_ms;
      return ToExecResult(isolate, context, results.size(), duration);
    }
  }
  return {};
}

// `meter` may be null.
void CountQuery(runtime::WorkerMeter* meter, uint64_t ns, const std::vector<d1::ResultSet>& results) {
  if (!meter) return;
  meter->storage[static_cast<size_t>(runtime::StorageKind::kD1)].Add(ns);
  for (const d1::ResultSet& result : results) {
    meter->d1_rows_read.Add(static_cast<uint64_t>(result.meta.rows_read));
    meter->d1_rows_written.Add(static_cast<uint64_t>(result.meta.rows_written));
  }
}

class Await;

// The part of a query that the database's threads see.
class PoolQuery final : public d1::Operation {
 public:
  PoolQuery(Await* await, std::shared_ptr<runtime::ShardMailbox> mailbox)
      : await_(await), mailbox_(std::move(mailbox)) {}
  void OnDone() override;

 private:
  Await* await_;
  std::shared_ptr<runtime::ShardMailbox> mailbox_;
};

// The part on the shard. Lives until the mail comes, also when nobody waits for it any more.
class Await final : public runtime::AwaitIo, public runtime::MailboxTask {
 public:
  static v8::MaybeLocal<v8::Promise> Start(v8::Local<v8::Context> context, runtime::Invocation* invocation,
                                           d1::Database& database, D1Request request) {
    auto* self = new Await();
    if (!self->Begin(context, invocation)) {
      delete self;
      return {};
    }
    v8::Isolate* isolate = v8::Isolate::GetCurrent();
    v8::Local<v8::Promise> promise = self->promise(isolate);
    if (!request.session.IsEmpty()) self->session_.Reset(isolate, request.session);
    request.session.Clear();
    auto operation = std::make_shared<PoolQuery>(self, invocation->isolate().shard().mailbox());
    operation->queries = std::move(request.queries);
    operation->is_exec = request.kind == Kind::kExec;
    operation->want_size = request.kind == Kind::kResult || request.kind == Kind::kBatch;
    operation->cpu_ns = invocation->cpu_left_ns();
    self->request_ = std::move(request);
    self->operation_ = operation;
    self->meter_ = runtime::WorkerMeter::Of(isolate);
    self->start_ns_ = uv_hrtime();
    database.Start(std::move(operation));
    return promise;
  }

  void OnInvocationEnd() override {
    Abandon();
    operation_->Cancel();
  }

  void OnMail() override {
    CountQuery(meter_, uv_hrtime() - start_ns_, operation_->results);
    if (runtime::Invocation* invocation = this->invocation()) {
      invocation->ChargeCpu(operation_->cpu_used_ns);
      const bool exceeded = operation_->failure && operation_->failure->exceeded_cpu;
      if (exceeded || invocation->cpu_left_ns() <= 0) {
        Unlist();
        invocation->Stop(runtime::Outcome::kExceededCpu);
      } else {
        Settle([this](runtime::JsEntry& entry) { return Finish(entry); });
      }
    }
    delete this;
  }

 private:
  v8::MaybeLocal<v8::Value> Finish(runtime::JsEntry& entry) {
    v8::Isolate* isolate = entry.isolate();
    if (!session_.IsEmpty()) D1DatabaseSession::Advance(isolate, session_.Get(isolate), operation_->bookmark);
    if (operation_->failure) {
      request_.queries = std::move(operation_->queries);
      ThrowFailure(isolate, request_, *operation_->failure);
      return {};
    }
    return ToValue(isolate, entry.context(), request_, operation_->results);
  }

  D1Request request_;  // without its queries
  std::shared_ptr<PoolQuery> operation_;
  v8::Global<v8::Object> session_;
  runtime::WorkerMeter* meter_ = nullptr;
  uint64_t start_ns_ = 0;
};

void PoolQuery::OnDone() { mailbox_->Post(await_); }

Result<v8::Local<v8::Value>> Settled(Cx& cx, v8::MaybeLocal<v8::Value> maybe) {
  v8::Local<v8::Value> value;
  v8::Local<v8::Promise::Resolver> resolver;
  if (!maybe.ToLocal(&value) || !v8::Promise::Resolver::New(cx.context).ToLocal(&resolver)) return Pending();
  if (resolver->Resolve(cx.context, value).IsNothing()) return Pending();
  return resolver->GetPromise().As<v8::Value>();
}

// In place, if it can be. Empty: it cannot.
std::optional<Result<v8::Local<v8::Value>>> TryInline(Cx& cx, d1::Database& database, D1Request& request) {
  std::vector<d1::ResultSet> results(1);
  const bool timed = request.kind == Kind::kResult;
  const auto start = timed ? std::chrono::steady_clock::now() : std::chrono::steady_clock::time_point();
  auto ran = database.TryInline(request.queries.front(), &results.front());
  if (!ran) return std::nullopt;
  // In place: less than what the first range of durations holds.
  CountQuery(runtime::WorkerMeter::Of(cx.isolate), 0, results);
  if (!request.session.IsEmpty()) D1DatabaseSession::Advance(cx.isolate, request.session, database.bookmark());
  if (!*ran) {
    // The method is asynchronous: what is pending rejects its promise.
    ThrowFailure(cx.isolate, request, ran->error());
    return Pending();
  }
  if (timed) {
    results.front().meta.duration_ms =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  }
  return Settled(cx, ToValue(cx.isolate, cx.context, request, results));
}

}  // namespace

Result<v8::Local<v8::Value>> ExecuteD1(Cx& cx, const std::shared_ptr<d1::Database>& database, D1Request request) {
  auto invocation = RequireInvocation(cx);
  if (!invocation) return std::unexpected(invocation.error());
  if (request.queries.empty()) {
    ThrowFailure(cx.isolate, request, {std::string(d1::kNoStatements)});
    return Pending();
  }
  const auto count = static_cast<uint32_t>(request.kind == Kind::kExec ? 1 : request.queries.size());
  if (auto counted = (*invocation)->CountQueries(count); !counted) {
    return D1Error(cx.isolate, "D1_ERROR", counted.error());
  }
  size_t bytes = 0;
  for (const d1::Query& query : request.queries) bytes += query.bytes();
  if (bytes > database->limits().batch_bytes) {
    return D1Error(cx.isolate, "D1_ERROR",
                   "the statements and their parameters are larger than " +
                       std::to_string(database->limits().batch_bytes >> 20) + " MiB: SQLITE_TOOBIG");
  }
  if (request.kind != Kind::kBatch && request.kind != Kind::kExec) {
    if (auto settled = TryInline(cx, *database, request)) return *std::move(settled);
  }
  v8::Local<v8::Promise> promise;
  if (!Await::Start(cx.context, *invocation, *database, std::move(request)).ToLocal(&promise)) return Pending();
  return promise.As<v8::Value>();
}

}  // namespace verge::bindings
