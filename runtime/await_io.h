// The bridge from the loop to the isolate: an operation in flight and the promise that JavaScript waits for.
#ifndef RUNTIME_AWAIT_IO_H_
#define RUNTIME_AWAIT_IO_H_

#include <v8.h>

#include <utility>

#include "runtime/invocation.h"
#include "runtime/js_entry.h"
#include "runtime/worker_isolate.h"

namespace verge::runtime {

// Base of operations. Belongs to the invocation that started it: when that ends first, the promise is left unsettled
// and OnInvocationEnd is called instead. Settling enters the isolate, or happens in place when JavaScript is on the
// stack.
class AwaitIo : public PendingIo {
 public:
  // The promise to hand to JavaScript, while the operation is pending.
  v8::Local<v8::Promise> promise(v8::Isolate* isolate) const { return resolver_.Get(isolate)->GetPromise(); }

 protected:
  AwaitIo() = default;

  // False: an exception is pending (or termination), nothing was started.
  bool Begin(v8::Local<v8::Context> context, Invocation* invocation) {
    v8::Local<v8::Promise::Resolver> resolver;
    if (!v8::Promise::Resolver::New(context).ToLocal(&resolver)) return false;
    resolver_.Reset(v8::Isolate::GetCurrent(), resolver);
    List(invocation);
    return true;
  }

  // Ends the operation: `make(JsEntry&)` returns a MaybeLocal<Value> to resolve with; when that is empty, what it threw
  // rejects the promise. Nothing happens when the invocation is over.
  template <typename Make>
  void Settle(Make make) {
    http::Ref<Invocation> invocation(this->invocation());
    Unlist();
    if (!invocation || invocation->stopped()) return;
    JsEntry entry(invocation->isolate(), invocation.get());
    v8::HandleScope scope(entry.isolate());
    v8::TryCatch try_catch(entry.isolate());
    v8::Local<v8::Promise::Resolver> resolver = resolver_.Get(entry.isolate());
    resolver_.Reset();
    v8::Local<v8::Value> value;
    // Failing means termination: the entry's end deals with that.
    if (make(entry).ToLocal(&value)) {
      (void)resolver->Resolve(entry.context(), value);
    } else if (try_catch.HasCaught() && !try_catch.HasTerminated()) {
      (void)resolver->Reject(entry.context(), try_catch.Exception());
    }
  }

  // Gives the promise up: for operations that outlive their invocation by what cannot be stopped at once.
  void Abandon() { resolver_.Reset(); }

 private:
  v8::Global<v8::Promise::Resolver> resolver_;
};

}  // namespace verge::runtime

#endif  // RUNTIME_AWAIT_IO_H_
