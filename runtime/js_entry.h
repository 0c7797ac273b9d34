// The one way into JavaScript.
//
// A JsEntry on the stack enters the isolate and its context, makes an invocation the current one and starts its CPU
// clock. Its end runs the microtasks, deals with termination, unhandled rejections and handlers that can never answer,
// and leaves. Entries nest (an I/O completion that happens while JavaScript asked for it): only the outermost does the
// work at the end, so user code never runs below user code.
//
// The two bridges between loop and isolate are built on it: AwaitIo (await_io.h), from an operation to a promise, and
// Invocation::OnTurn, from a promise to C++.
#ifndef RUNTIME_JS_ENTRY_H_
#define RUNTIME_JS_ENTRY_H_

#include <v8.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "http/ref_counted.h"
#include "runtime/invocation.h"

namespace verge::runtime {

class Shard;
class WorkerIsolate;

class JsEntry {
 public:
  // `invocation` may be null for the runtime's own needs (creating a context, tasks of V8): then `budget_ns` limits it,
  // 0: no limit.
  JsEntry(WorkerIsolate& isolate, Invocation* invocation, int64_t budget_ns = 0);
  ~JsEntry();
  JsEntry(const JsEntry&) = delete;
  JsEntry& operator=(const JsEntry&) = delete;

  v8::Isolate* isolate() const { return isolate_; }
  v8::Local<v8::Context> context() const { return context_; }
  Invocation* invocation() const { return invocation_.get(); }

  // For code that waits for a promise in place (module evaluation).
  void RunMicrotasks();

  // Whether this turn was terminated, for whatever reason.
  [[nodiscard]] bool terminated() const;

  // Another invocation's promises may have been settled in this turn: its OnTurn is due as well.
  void Touch(Invocation* invocation);

 private:
  friend class WorkerIsolate;

  // Microtasks, rejections and OnTurn of all that advanced, until nothing more happens.
  void Settle();
  void AfterLeaving(bool was_terminated);

  WorkerIsolate& worker_;
  Shard& shard_;
  v8::Isolate* const isolate_;
  JsEntry* const outer_;  // null: this is the outermost
  std::optional<v8::HandleScope> handle_scope_;
  v8::Local<v8::Context> context_;
  v8::Local<v8::Value> outer_data_;
  http::Ref<Invocation> invocation_;
  std::vector<http::Ref<Invocation>> touched_;  // others than invocation_
  bool again_ = false;                          // a nested entry left microtasks
  int64_t start_ns_ = 0;
};

}  // namespace verge::runtime

#endif  // RUNTIME_JS_ENTRY_H_
