#include "bindings/kv/kv_operation.h"

#include <uv.h>

#include <optional>

#include "bindings/kv/kv_arguments.h"
#include "bindings/kv/kv_results.h"
#include "kv/rules.h"
#include "runtime/shard.h"
#include "sqlite/thread_pool.h"

namespace verge::bindings {

KvOperation::KvOperation(runtime::Invocation* invocation, std::string_view name)
    : shard_(invocation->isolate().shard()),
      mailbox_(shard_.mailbox()),
      name_(name),
      meter_(runtime::WorkerMeter::Of(invocation->isolate().v8())),
      start_ns_(uv_hrtime()) {}

void KvOperation::OnInvocationEnd() {
  Abandon();
  abandoned_ = true;
}

void KvOperation::OnMail() {
  if (meter_) {
    const bool write = name_ == kv::kPut || name_ == kv::kDelete;
    meter_->storage[static_cast<size_t>(write ? runtime::StorageKind::kKvWrite : runtime::StorageKind::kKvRead)].Add(
        uv_hrtime() - start_ns_);
  }
  if (abandoned_) {
    delete this;
    return;
  }
  if (invocation()) invocation()->ChargeCpu(cpu_ns_);
  FinishNow();
}

void KvOperation::FinishNow() {
  Settle([this](runtime::JsEntry& entry) -> v8::MaybeLocal<v8::Value> {
    Cx cx{entry.isolate(), entry.context(), "KvNamespace", "", {}, v8::Undefined(entry.isolate())};
    Result<v8::Local<v8::Value>> value = Finish(cx);
    if (value) return *value;
    Throw(cx.isolate, value.error());
    return {};
  });
  delete this;
}

Error KvOperation::Report(const sqlite::Error& error) const {
  if (error.code != sqlite::kOverloaded) {
    shard_.log().Write(runtime::LogLevel::kError, "", "KV " + std::string(name_) + ": " + error.message);
  }
  return ToError(kv::Failed(name_, error));
}

namespace {

class ReadOperation final : public KvOperation {
 public:
  ReadOperation(runtime::Invocation* invocation, std::string_view name, KvMakeValues make)
      : KvOperation(invocation, name), name_(name), make_(std::move(make)) {}
  using AwaitIo::Begin;

  void Start(kv::Namespace& name_space, std::vector<std::string> keys, uint64_t max_bytes) {
    name_space.Get(std::move(keys), max_bytes, [this](sqlite::Result<std::vector<kv::ValuePtr>> values, int64_t cpu) {
      values_ = std::move(values);
      cpu_ns_ = cpu;
      Post();
    });
  }

 private:
  Result<v8::Local<v8::Value>> Finish(Cx& cx) override {
    if (*values_) return make_(cx, **std::move(values_));
    const sqlite::Error& error = values_->error();
    if (error.code == SQLITE_TOOBIG) {
      return std::unexpected(ToError(kv::Failed(name_, 413, "Total size of request exceeds the limit of 25MB")));
    }
    return std::unexpected(Report(error));
  }

  const std::string_view name_;
  KvMakeValues make_;
  std::optional<sqlite::Result<std::vector<kv::ValuePtr>>> values_;
};

class ListOperation final : public KvOperation {
 public:
  explicit ListOperation(runtime::Invocation* invocation) : KvOperation(invocation, kv::kGet) {}
  using AwaitIo::Begin;

  void Start(kv::Namespace& name_space, kv::ListRequest request) {
    name_space.List(std::move(request), [this](sqlite::Result<kv::ListPage> page, int64_t cpu) {
      page_ = std::move(page);
      cpu_ns_ = cpu;
      Post();
    });
  }

 private:
  Result<v8::Local<v8::Value>> Finish(Cx& cx) override {
    if (!*page_) return std::unexpected(Report(page_->error()));
    return KvListToJs(cx, **page_);
  }

  std::optional<sqlite::Result<kv::ListPage>> page_;
};

class WriteOperation final : public KvOperation {
 public:
  WriteOperation(runtime::Invocation* invocation, std::string_view name) : KvOperation(invocation, name) {}
  using AwaitIo::Begin;

  // False: it was refused, and is deleted.
  bool Start(KvStartWrite& start, std::optional<Error>* refused) {
    auto started = start([this](sqlite::Result<> result) {
      result_ = std::move(result);
      Post();
    });
    if (started) return true;
    *refused = Report(started.error());
    delete this;
    return false;
  }

 private:
  Result<v8::Local<v8::Value>> Finish(Cx& cx) override {
    if (!*result_) return std::unexpected(Report(result_->error()));
    return v8::Undefined(cx.isolate).As<v8::Value>();
  }

  std::optional<sqlite::Result<>> result_;
};

}  // namespace

Result<v8::Local<v8::Value>> KvRead(Cx& cx, runtime::Invocation* invocation, kv::Namespace& name_space,
                                    std::string_view name, std::vector<std::string> keys, uint64_t max_bytes,
                                    KvMakeValues make) {
  auto* operation = new ReadOperation(invocation, name, std::move(make));
  if (!operation->Begin(cx.context, invocation)) {
    delete operation;
    return Pending();
  }
  v8::Local<v8::Promise> promise = operation->promise(cx.isolate);
  operation->Start(name_space, std::move(keys), max_bytes);
  return promise.As<v8::Value>();
}

Result<v8::Local<v8::Value>> KvList(Cx& cx, runtime::Invocation* invocation, kv::Namespace& name_space,
                                    kv::ListRequest request) {
  auto* operation = new ListOperation(invocation);
  if (!operation->Begin(cx.context, invocation)) {
    delete operation;
    return Pending();
  }
  v8::Local<v8::Promise> promise = operation->promise(cx.isolate);
  operation->Start(name_space, std::move(request));
  return promise.As<v8::Value>();
}

Result<v8::Local<v8::Value>> KvWrite(Cx& cx, runtime::Invocation* invocation, std::string_view name,
                                     KvStartWrite start) {
  auto* operation = new WriteOperation(invocation, name);
  if (!operation->Begin(cx.context, invocation)) {
    delete operation;
    return Pending();
  }
  v8::Local<v8::Promise> promise = operation->promise(cx.isolate);
  std::optional<Error> refused;
  if (!operation->Start(start, &refused)) return std::unexpected(*std::move(refused));
  return promise.As<v8::Value>();
}

}  // namespace verge::bindings
