// What a worker's handler returned, until it is a value: it may be one, or a promise, or something with then().
#ifndef BINDINGS_CORE_HANDLER_RESULT_H_
#define BINDINGS_CORE_HANDLER_RESULT_H_

#include <v8.h>

#include <cstdint>
#include <utility>

namespace verge::bindings {

// A member of the handler's invocation.
class HandlerResult {
 public:
  // After the call, in its turn. `is_value`: it is known not to have a then(). False: terminated.
  bool Set(v8::Local<v8::Context> context, v8::Local<v8::Value> result, bool is_value);

  enum class State : uint8_t {
    kNone,  // nothing was set, or it has been given out
    kPending,
    kFulfilled,
    kRejected,
  };
  // In each OnTurn. When it is settled, `*value` says with what, and there is nothing any more. A pending promise calls
  // the function that `touch()` gives when it settles, whoever's turn that is: it gives the invocation an OnTurn.
  template <typename Touch>
  State Take(v8::Local<v8::Context> context, v8::Local<v8::Value>* value, Touch touch) {
    v8::Isolate* isolate = v8::Isolate::GetCurrent();
    v8::Local<v8::Value> result = std::exchange(first_, {});
    const bool first = !result.IsEmpty();
    if (!first) {
      if (promise_.IsEmpty()) return State::kNone;
      result = promise_.Get(isolate);
    }
    if (!result->IsPromise()) {
      *value = result;
      return State::kFulfilled;
    }
    v8::Local<v8::Promise> promise = result.As<v8::Promise>();
    if (promise->State() == v8::Promise::kPending) {
      if (first) Wait(context, promise, touch());
      return State::kPending;
    }
    promise_.Reset();
    *value = promise->Result();
    return promise->State() == v8::Promise::kFulfilled ? State::kFulfilled : State::kRejected;
  }

  void Clear() {
    first_.Clear();
    promise_.Reset();
  }

 private:
  void Wait(v8::Local<v8::Context> context, v8::Local<v8::Promise> promise, v8::Local<v8::Function> touch);

  v8::Local<v8::Value> first_;       // during the first turn
  v8::Global<v8::Promise> promise_;  // after it, while pending
};

}  // namespace verge::bindings

#endif  // BINDINGS_CORE_HANDLER_RESULT_H_
