#include "bindings/kv/kv_put_stream.h"

#include <optional>
#include <utility>

#include "bindings/fetch/body.h"
#include "bindings/fetch/stream_pump.h"
#include "bindings/kv/kv_arguments.h"
#include "bindings/kv/kv_operation.h"
#include "http/body.h"
#include "kv/rules.h"
#include "runtime/leave_task.h"
#include "runtime/shard.h"

namespace verge::bindings {
namespace {

// What has been read is charged to the worker until the write takes it over.
class PutStreamOperation final : public KvOperation, public http::BodySink, private runtime::LeaveTask {
 public:
  PutStreamOperation(runtime::Invocation* invocation, std::shared_ptr<kv::Namespace> name_space, std::string key,
                     std::shared_ptr<kv::Value> value, http::Ref<http::BodySource> source)
      : KvOperation(invocation, kv::kPut),
        isolate_(invocation->isolate()),
        name_space_(std::move(name_space)),
        key_(std::move(key)),
        value_(std::move(value)),
        source_(std::move(source)) {}
  using AwaitIo::Begin;

  // Reading begins behind the turn that asked for it.
  void Start() { Schedule(isolate_.shard()); }

  void OnChunk(http::Bytes chunk) override {
    bytes_ += chunk.size();
    pulled_ = true;
    if (bytes_ > kv::kMaxValueBytes) {
      Fail(ToError(*kv::CheckValueSize(bytes_)));
      return;
    }
    value_->Append(chunk.view());
    if (bytes_ - charged_ >= kChargeStep && !Charge(bytes_)) return;
    if (!pulling_) PullAll();
  }
  void OnEnd() override {
    ended_ = true;
    if (!pulling_) Write();
  }
  void OnError(http::BodyError, std::string_view message) override {
    Fail(PlainError(message.empty() ? "The value's stream failed." : std::string(message)).error());
  }

  void OnInvocationEnd() override {
    Unschedule();
    if (writing_) {
      KvOperation::OnInvocationEnd();
      return;
    }
    over_ = true;
    source_->Cancel();
    Uncharge();
    if (!pulling_) delete this;
  }

 private:
  static constexpr uint64_t kChargeStep = 1 << 20;

  void OnIsolateLeft() override { PullAll(); }

  void PullAll() {
    pulling_ = true;
    do {
      pulled_ = false;
      source_->Pull(this);
    } while (pulled_ && !over_ && !ended_ && !error_);
    pulling_ = false;
    if (over_) {
      delete this;
    } else if (error_) {
      FinishNow();
    } else if (ended_) {
      Write();
    }
  }

  void Fail(Error error) {
    source_->Cancel();
    Uncharge();
    error_ = std::move(error);
    if (!pulling_) FinishNow();
  }

  // False: the worker has more than it may, and this operation is over.
  bool Charge(uint64_t bytes) {
    auto change = static_cast<int64_t>(bytes) - static_cast<int64_t>(charged_);
    charged_ = bytes;
    const bool pulling = std::exchange(pulling_, true);
    {
      // A collection may run, and execution be terminated, which ends the invocation where the entry ends.
      http::Ref<runtime::Invocation> keep(invocation());
      runtime::JsEntry entry(isolate_, keep.get());
      isolate_.ChargeMemory(change);
    }
    pulling_ = pulling;
    if (!over_) return true;
    if (!pulling) delete this;
    return false;
  }
  void Uncharge() {
    if (charged_ != 0) isolate_.ChargeMemory(-static_cast<int64_t>(std::exchange(charged_, 0)));
  }

  void Write() {
    Uncharge();
    source_.reset();
    writing_ = true;
    // Not kept any longer: this may end on one of the threads that the namespace's own end waits for.
    std::shared_ptr<kv::Namespace> name_space = std::move(name_space_);
    auto started = name_space->Put(std::move(key_), std::move(value_), [this](sqlite::Result<> result) {
      result_ = std::move(result);
      Post();
    });
    // From here on this may be gone, unless it was refused.
    if (!started) {
      error_ = Report(started.error());
      FinishNow();
    }
  }

  Result<v8::Local<v8::Value>> Finish(Cx& cx) override {
    if (error_) return std::unexpected(*std::move(error_));
    if (!*result_) return std::unexpected(Report(result_->error()));
    return v8::Undefined(cx.isolate).As<v8::Value>();
  }

  runtime::WorkerIsolate& isolate_;
  std::shared_ptr<kv::Namespace> name_space_;
  std::string key_;
  std::shared_ptr<kv::Value> value_;
  http::Ref<http::BodySource> source_;
  uint64_t bytes_ = 0;
  uint64_t charged_ = 0;
  bool pulling_ = false;
  bool pulled_ = false;
  bool ended_ = false;
  bool over_ = false;  // the invocation is
  bool writing_ = false;
  std::optional<Error> error_;
  std::optional<sqlite::Result<>> result_;
};

}  // namespace

Result<v8::Local<v8::Value>> KvPutStream(Cx& cx, runtime::Invocation* invocation,
                                         std::shared_ptr<kv::Namespace> name_space, std::string key,
                                         std::shared_ptr<kv::Value> value, v8::Local<v8::Object> stream) {
  auto taken = TakeStream(cx, stream);
  if (!taken) return std::unexpected(std::move(taken).error());
  http::Ref<http::BodySource> source = std::move(taken->source);
  if (taken->kind == OutgoingBody::Kind::kStream) {
    source = StreamPump::Create(cx, invocation, taken->stream);
    if (!source) return Pending();
  }
  // One that says how long it is need not be read to know that it is too long.
  if (auto length = source->length()) {
    if (auto refusal = kv::CheckValueSize(*length)) {
      source->Cancel();
      return std::unexpected(ToError(*std::move(refusal)));
    }
  }
  auto* operation =
      new PutStreamOperation(invocation, std::move(name_space), std::move(key), std::move(value), std::move(source));
  if (!operation->Begin(cx.context, invocation)) {
    delete operation;
    return Pending();
  }
  v8::Local<v8::Promise> promise = operation->promise(cx.isolate);
  operation->Start();
  return promise.As<v8::Value>();
}

}  // namespace verge::bindings
