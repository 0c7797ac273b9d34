#include "bindings/crypto/operation.h"

#include <time.h>

#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "bindings/crypto/crypto_key.h"
#include "bindings/crypto/json_web_key.h"
#include "bindings/crypto/property_names.h"
#include "runtime/pool_job.h"

namespace verge::bindings {
namespace {

// For work in place that nobody is charged for.
constexpr int64_t kInPlaceLimitNs = 500'000'000;

int64_t ThreadCpuNs() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

v8::MaybeLocal<v8::Value> ToValue(v8::Isolate* isolate, const OperationValue& value) {
  struct Visitor {
    v8::MaybeLocal<v8::Value> operator()(const crypto::SecretBytes& bytes) const {
      v8::Local<v8::ArrayBuffer> buffer;
      if (!NewArrayBuffer(isolate, bytes).ToLocal(&buffer)) return {};
      return buffer.As<v8::Value>();
    }
    v8::MaybeLocal<v8::Value> operator()(bool value) const { return v8::Boolean::New(isolate, value); }
    v8::MaybeLocal<v8::Value> operator()(const crypto::KeyRef& key) const {
      v8::Local<v8::Object> object;
      if (!NewCryptoKey(isolate, key).ToLocal(&object)) return {};
      return object.As<v8::Value>();
    }
    v8::MaybeLocal<v8::Value> operator()(const crypto::KeyPair& pair) const {
      v8::Local<v8::Context> context = isolate->GetCurrentContext();
      v8::Local<v8::Object> public_key;
      v8::Local<v8::Object> private_key;
      v8::Local<v8::Object> object = v8::Object::New(isolate);
      if (!NewCryptoKey(isolate, pair.public_key).ToLocal(&public_key) ||
          !NewCryptoKey(isolate, pair.private_key).ToLocal(&private_key) ||
          !object->CreateDataProperty(context, PropertyName(isolate, CryptoName::kPublicKey), public_key)
               .FromMaybe(false) ||
          !object->CreateDataProperty(context, PropertyName(isolate, CryptoName::kPrivateKey), private_key)
               .FromMaybe(false)) {
        return {};
      }
      return object.As<v8::Value>();
    }
    v8::MaybeLocal<v8::Value> operator()(const crypto::Jwk& jwk) const {
      v8::Local<v8::Object> object;
      if (!NewJsonWebKey(isolate, jwk).ToLocal(&object)) return {};
      return object.As<v8::Value>();
    }
    v8::Isolate* isolate;
  };
  return std::visit(Visitor{isolate}, value);
}

class OperationJob final : public runtime::PoolJob {
 public:
  explicit OperationJob(Work work) : work_(std::move(work)) {}

 protected:
  void Run(const runtime::JobBudget& budget) override {
    crypto::Budget view([](const void* data) { return static_cast<const runtime::JobBudget*>(data)->exhausted(); },
                        &budget);
    result_ = work_(view);
    work_ = nullptr;
  }
  v8::MaybeLocal<v8::Value> Finish(runtime::JsEntry& entry) override {
    if (result_ && result_->has_value()) return ToValue(entry.isolate(), **result_);
    Throw(entry.isolate(), result_ ? ToError(std::move(*result_).error())
                                   : DomError("OperationError", "The operation was cancelled.").error());
    return {};
  }

 private:
  Work work_;
  std::optional<crypto::Outcome<OperationValue>> result_;
};

}  // namespace

Error ToError(crypto::Failure failure) {
  switch (failure.kind) {
    case crypto::FailureKind::kOperation:
      return DomError("OperationError", std::move(failure.message)).error();
    case crypto::FailureKind::kData:
      return DomError("DataError", std::move(failure.message)).error();
    case crypto::FailureKind::kNotSupported:
      return DomError("NotSupportedError", std::move(failure.message)).error();
    case crypto::FailureKind::kInvalidAccess:
      return DomError("InvalidAccessError", std::move(failure.message)).error();
    case crypto::FailureKind::kSyntax:
      return DomError("SyntaxError", std::move(failure.message)).error();
    case crypto::FailureKind::kType:
      break;
  }
  return TypeError(std::move(failure.message)).error();
}

v8::MaybeLocal<v8::ArrayBuffer> NewArrayBuffer(v8::Isolate* isolate, crypto::Bytes bytes) {
  if (bytes.empty()) return v8::ArrayBuffer::New(isolate, 0);
  std::unique_ptr<v8::BackingStore> store =
      v8::ArrayBuffer::NewBackingStore(isolate, bytes.size(), v8::BackingStoreInitializationMode::kUninitialized,
                                       v8::BackingStoreOnFailureMode::kReturnNull);
  if (!store) {
    Throw(isolate, RangeError("Array buffer allocation failed").error());
    return {};
  }
  std::memcpy(store->Data(), bytes.data(), bytes.size());
  return v8::ArrayBuffer::New(isolate, std::move(store));
}

Result<v8::Local<v8::Value>> Fulfilled(Cx& cx, v8::MaybeLocal<v8::Value> maybe) {
  v8::Local<v8::Value> value;
  v8::Local<v8::Promise::Resolver> resolver;
  if (!maybe.ToLocal(&value) || !v8::Promise::Resolver::New(cx.context).ToLocal(&resolver)) return Pending();
  if (resolver->Resolve(cx.context, value).IsNothing()) return Pending();
  return resolver->GetPromise().As<v8::Value>();
}

Result<v8::Local<v8::Value>> Settled(Cx& cx, crypto::Outcome<OperationValue> outcome) {
  if (!outcome) return std::unexpected(ToError(std::move(outcome).error()));
  return Fulfilled(cx, ToValue(cx.isolate, *outcome));
}

Result<v8::Local<v8::Value>> Perform(Cx& cx, Effort effort, Work work) {
  if (effort.is_long) {
    runtime::Invocation* invocation = runtime::Invocation::Current(cx.isolate);
    if (invocation && !invocation->stopped()) {
      if (!runtime::PoolJob::HasRoom(*invocation, effort.bytes)) {
        return DomError("OperationError", cx.Where() + ": Too many operations are in flight.");
      }
      v8::Local<v8::Promise> promise;
      auto* job = new OperationJob(std::move(work));
      if (!job->Start(cx.context, invocation, effort.bytes).ToLocal(&promise)) return Pending();
      return promise.As<v8::Value>();
    }
  }
  int64_t end_ns = effort.is_long ? ThreadCpuNs() + kInPlaceLimitNs : 0;
  crypto::Budget budget;
  if (effort.is_long) {
    budget =
        crypto::Budget([](const void* end) { return ThreadCpuNs() >= *static_cast<const int64_t*>(end); }, &end_ns);
  }
  return Settled(cx, work(budget));
}

}  // namespace verge::bindings
