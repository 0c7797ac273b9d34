#include "runtime/async_context.h"

#include "runtime/worker_isolate.h"

namespace verge::runtime {
namespace {

// Internal fields of a frame.
constexpr int kIdField = 0;
constexpr int kStoragesField = 1;
constexpr int kFields = 2;

}  // namespace

bool AsyncContext::IsFrame(v8::Local<v8::Value> value) {
  return value->IsObject() && value.As<v8::Object>()->InternalFieldCount() == kFields;
}

uint32_t AsyncContext::FrameInvocationId(v8::Local<v8::Value> value) {
  if (value.IsEmpty() || !IsFrame(value)) return 0;
  return static_cast<uint32_t>(
      value.As<v8::Object>()->GetInternalField(kIdField).As<v8::Value>().As<v8::Int32>()->Value());
}

v8::Local<v8::Value> AsyncContext::Storages(v8::Isolate* isolate, v8::Local<v8::Value> value) {
  if (value->IsInt32() || !IsFrame(value)) return v8::Undefined(isolate);
  return value.As<v8::Object>()->GetInternalField(kStoragesField).As<v8::Value>();
}

bool AsyncContext::Enter(v8::Isolate* isolate, v8::Local<v8::Value> storages) {
  v8::Local<v8::Integer> id = v8::Integer::New(isolate, static_cast<int32_t>(InvocationId(Current(isolate))));
  if (storages->IsUndefined()) {
    Restore(isolate, id);
    return true;
  }
  v8::Local<v8::Object> frame;
  if (!WorkerIsolate::From(isolate).frame_template()->NewInstance(isolate->GetCurrentContext()).ToLocal(&frame)) {
    return false;
  }
  frame->SetInternalField(kIdField, id);
  frame->SetInternalField(kStoragesField, storages);
  Restore(isolate, frame);
  return true;
}

v8::Local<v8::ObjectTemplate> WorkerIsolate::frame_template() {
  if (frame_template_.IsEmpty()) {
    v8::Local<v8::ObjectTemplate> created = v8::ObjectTemplate::New(isolate_);
    created->SetInternalFieldCount(kFields);
    frame_template_.Reset(isolate_, created);
  }
  return frame_template_.Get(isolate_);
}

}  // namespace verge::runtime
