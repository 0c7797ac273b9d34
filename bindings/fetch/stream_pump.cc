#include "bindings/fetch/stream_pump.h"

#include <utility>

#include "runtime/exception.h"
#include "runtime/js_entry.h"
#include "runtime/shard.h"
#include "runtime/worker_isolate.h"

namespace verge::bindings {

void PumpTarget::Expect(double length) {
  // An integer that a double holds exactly: the stream's constructor saw to it.
  if (pump_) pump_->length_ = static_cast<uint64_t>(length);
}

bool PumpTarget::Chunk(Cx&, BufferSource source) {
  if (!pump_) return false;
  const std::span<uint8_t> bytes = source.bytes();
  pump_->buffer_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  pump_->reading_ = pump_->buffer_.size() < StreamPump::kReadAhead;
  pump_->Arrived();
  return pump_->reading_;
}

void PumpTarget::End() {
  if (!pump_) return;
  pump_->ended_ = true;
  pump_->Arrived();
}

void PumpTarget::Error(Cx& cx, v8::Local<v8::Value> error) {
  if (!pump_) return;
  pump_->error_ = runtime::DescribeException(cx.isolate, cx.context, error, {}).Text();
  pump_->Arrived();
}

http::Ref<StreamPump> StreamPump::Create(Cx& cx, runtime::Invocation* invocation, v8::Local<v8::Object> stream) {
  http::Ref<StreamPump> pump(new StreamPump());
  auto target = std::make_unique<PumpTarget>(pump.get());
  PumpTarget* raw = target.get();
  v8::Local<v8::Object> wrapper;
  if (!NewObject(cx.isolate, std::move(target)).ToLocal(&wrapper)) return nullptr;
  v8::Local<v8::Value> arguments[] = {stream, wrapper};
  v8::Local<v8::Value> script_half;
  if (!cx.realm().CallInternal(cx.context, Name::kPumpStream, arguments).ToLocal(&script_half) ||
      !script_half->IsObject()) {
    raw->Detach();
    return nullptr;
  }
  pump->isolate_ = cx.isolate;
  pump->invocation_ = http::Ref<runtime::Invocation>(invocation);
  pump->pump_.Reset(cx.isolate, script_half.As<v8::Object>());
  pump->target_ = raw;
  pump->target_wrapper_.Reset(cx.isolate, wrapper);
  return pump;
}

StreamPump::~StreamPump() { ReleaseHandles(); }

void StreamPump::ReleaseHandles() {
  if (target_) target_->Detach();
  target_ = nullptr;
  target_wrapper_.Reset();
  pump_.Reset();
}

void StreamPump::Arrived() {
  if (!invocation_) return;
  runtime::Shard& shard = invocation_->isolate().shard();
  if (auto* entry = shard.current_entry()) entry->Touch(invocation_.get());
  Schedule(shard);
}

void StreamPump::OnIsolateLeft() {
  http::Ref<StreamPump> keep(this);
  if (std::exchange(cancelling_, nullptr)) {
    CancelStream();
  } else {
    Deliver();
  }
}

void StreamPump::Pull(http::BodySink* sink) {
  sink_ = sink;
  if (!ready()) {
    if (!invocation_ || invocation_->stopped() || pump_.IsEmpty()) {
      error_ = "The event that produced this body is over.";
    } else {
      // Entered also when a read is under way: an invocation that now waits for what will never come is found then.
      runtime::JsEntry entry(invocation_->isolate(), invocation_.get());
      v8::TryCatch try_catch(isolate_);
      Realm& realm = Realm::From(isolate_);
      v8::Local<v8::Value> pull;
      v8::Local<v8::Object> script_half = pump_.Get(isolate_);
      // A failure is a termination, which ends the invocation and this pump with it.
      if (!std::exchange(reading_, true) && script_half->Get(entry.context(), realm.name(Name::kPull)).ToLocal(&pull) &&
          pull->IsFunction()) {
        (void)pull.As<v8::Function>()->Call(entry.context(), script_half, 0, nullptr);
      }
    }
  }
  Deliver();
}

void StreamPump::Deliver() {
  if (delivering_ || !sink_ || !ready()) return;
  // The sink may pull again from within, which comes back here: the loop takes it, not the stack.
  delivering_ = true;
  http::Ref<StreamPump> keep(this);
  while (sink_ && ready()) {
    http::BodySink* sink = std::exchange(sink_, nullptr);
    if (!buffer_.empty()) {
      sink->OnChunk(http::Bytes::Take(std::exchange(buffer_, {})));
    } else if (error_) {
      sink->OnError(http::BodyError::kFailed, *error_);
    } else {
      sink->OnEnd();
    }
  }
  delivering_ = false;
}

void StreamPump::Cancel() {
  sink_ = nullptr;
  if (cancelling_) return;
  if (!invocation_ || !invocation_->isolate().shard().current_entry()) {
    CancelStream();
    return;
  }
  cancelling_ = http::Ref<StreamPump>(this);
  Schedule(invocation_->isolate().shard());
}

void StreamPump::CancelStream() {
  if (!invocation_ || invocation_->stopped() || pump_.IsEmpty() || ended_ || error_) {
    ReleaseHandles();
    return;
  }
  {
    runtime::JsEntry entry(invocation_->isolate(), invocation_.get());
    v8::TryCatch try_catch(isolate_);
    Realm& realm = Realm::From(isolate_);
    v8::Local<v8::Value> cancel;
    v8::Local<v8::Object> script_half = pump_.Get(isolate_);
    if (script_half->Get(entry.context(), realm.name(Name::kCancel)).ToLocal(&cancel) && cancel->IsFunction()) {
      (void)cancel.As<v8::Function>()->Call(entry.context(), script_half, 0, nullptr);
    }
  }
  ended_ = true;
  ReleaseHandles();
}

void StreamPump::OnInvocationOver() {
  if (!ready()) error_ = "The worker was stopped.";
  ReleaseHandles();
  Unschedule();
  http::Ref<StreamPump> keep = std::exchange(cancelling_, nullptr);
  if (!keep) keep = http::Ref<StreamPump>(this);
  Deliver();
  invocation_.reset();
}

}  // namespace verge::bindings
