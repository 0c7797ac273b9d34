// What travels with asynchronous code: the invocation it belongs to, and what it keeps in AsyncLocalStorage.
//
// V8 takes one value along through promises and microtasks, the continuation-preserved embedder data. Code that uses no
// storage, which is nearly all, has the invocation's number there, so that entering JavaScript allocates nothing. Once
// a storage is in use the value is a frame: an object with the number and the storages' contents. Frames never change
// and no script sees one, or the contents (they belong to the API that keeps them there).
#ifndef RUNTIME_ASYNC_CONTEXT_H_
#define RUNTIME_ASYNC_CONTEXT_H_

#include <v8.h>

#include <cstdint>

namespace verge::runtime {

class AsyncContext {
 public:
  // What is in force now: to be restored, or kept for later. Undefined in global scope.
  static v8::Local<v8::Value> Current(v8::Isolate* isolate) { return isolate->GetContinuationPreservedEmbedderData(); }
  static void Restore(v8::Isolate* isolate, v8::Local<v8::Value> value) {
    isolate->SetContinuationPreservedEmbedderData(value);
  }

  // Of such a value: the invocation's number, 0 without one.
  static uint32_t InvocationId(v8::Local<v8::Value> value) {
    if (value->IsInt32()) [[likely]]
      return static_cast<uint32_t>(value.As<v8::Int32>()->Value());
    return FrameInvocationId(value);
  }

  // The storages' contents; undefined when there are none.
  static v8::Local<v8::Value> Storages(v8::Isolate* isolate, v8::Local<v8::Value> value);

  // Goes on in the current invocation with other contents; undefined: with none. False: memory is short or execution is
  // being terminated, and nothing has changed.
  static bool Enter(v8::Isolate* isolate, v8::Local<v8::Value> storages);

 private:
  static bool IsFrame(v8::Local<v8::Value> value);
  static uint32_t FrameInvocationId(v8::Local<v8::Value> value);
};

}  // namespace verge::runtime

#endif  // RUNTIME_ASYNC_CONTEXT_H_
