// A V8 isolate with one worker in it. Belongs to one shard for life and is entered on that thread only.
#ifndef RUNTIME_WORKER_ISOLATE_H_
#define RUNTIME_WORKER_ISOLATE_H_

#include <v8.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/buffer_allocator.h"
#include "runtime/limits.h"
#include "runtime/log.h"
#include "runtime/log_allowance.h"

namespace verge::runtime {

class InspectorAgent;
class InspectorTarget;
class Invocation;
class ModuleLoader;
class Shard;
class WorkerIsolate;

// What those who put APIs into the isolate keep for it. Destroyed before the isolate.
class ApiState {
 public:
  virtual ~ApiState() = default;
};

// Puts the APIs into every isolate; one for the process. Implemented by bindings.
class Api {
 public:
  virtual ~Api() = default;
  // Null-terminated, the same in the snapshot's builder.
  [[nodiscard]] virtual const intptr_t* external_references() const = 0;
  // A fresh isolate made from the snapshot, entered, before its context is created.
  virtual std::unique_ptr<ApiState> CreateState(v8::Isolate* isolate) = 0;
  // Its context is there.
  virtual void OnContextCreated(WorkerIsolate& worker, v8::Local<v8::Context> context) = 0;

  // --- Modules that come with the runtime ("node:async_hooks").
  // The full name of one, "" when there is none of that name.
  [[nodiscard]] virtual std::string_view FindBuiltinModule(std::string_view specifier) const = 0;
  // Their full names.
  [[nodiscard]] virtual std::vector<std::string_view> BuiltinModules() const = 0;
  // An object with its exports, by its full name. Made when first asked for. Empty: an exception is pending.
  virtual v8::MaybeLocal<v8::Object> LoadBuiltinModule(v8::Isolate* isolate, v8::Local<v8::Context> context,
                                                       std::string_view name) = 0;

  // An exception left code that nothing else watches: a microtask, a finalizer. In the isolate.
  virtual void OnUncaughtException(WorkerIsolate& worker, v8::Local<v8::Context> context,
                                   v8::Local<v8::Value> exception) = 0;
  // A promise was rejected and nobody handles it (after the microtasks of a turn). In the isolate.
  virtual void OnUnhandledRejection(WorkerIsolate& worker, v8::Local<v8::Context> context,
                                    v8::Local<v8::Promise> promise, v8::Local<v8::Value> reason) = 0;
  // A handler was added to a promise that was reported.
  virtual void OnRejectionHandled(WorkerIsolate& worker, v8::Local<v8::Context> context,
                                  v8::Local<v8::Promise> promise) = 0;
};

struct WorkerIsolateOptions {
  Api* api = nullptr;
  std::string worker_name;  // in log lines
  Limits limits;
  bool allow_code_from_strings = false;        // eval() and compiling WebAssembly from bytes, also after start-up
  std::shared_ptr<InspectorTarget> inspector;  // may be null: cannot be debugged
  uint64_t terminate_at_call = 0;              // for tests: see bindings' Realm::TerminateAtCall
};

// What an isolate held when that became too much.
struct MemoryUse {
  size_t heap_bytes = 0;
  size_t buffer_bytes = 0;  // and other memory outside the heap; with what was asked for
};

class WorkerIsolate {
 public:
  WorkerIsolate(Shard& shard, WorkerIsolateOptions options);
  ~WorkerIsolate();
  WorkerIsolate(const WorkerIsolate&) = delete;
  WorkerIsolate& operator=(const WorkerIsolate&) = delete;

  // Isolate data slot that points here.
  static constexpr uint32_t kIsolateSlot = 0;
  static WorkerIsolate& From(v8::Isolate* isolate) {
    return *static_cast<WorkerIsolate*>(isolate->GetData(kIsolateSlot));
  }

  Shard& shard() const { return shard_; }
  v8::Isolate* v8() const { return isolate_; }
  v8::Local<v8::Context> context() const { return context_.Get(isolate_); }
  [[nodiscard]] const WorkerIsolateOptions& options() const { return options_; }
  // Says what an isolate in which no worker's code has run is for. Its API, its limit of memory and that it has no
  // debugger stay what it was made with.
  void Assign(WorkerIsolateOptions options) { options_ = std::move(options); }
  [[nodiscard]] const Limits& limits() const { return options_.limits; }
  ModuleLoader& modules() { return *modules_; }
  ApiState& api_state() const { return *api_state_; }
  // Null: cannot be debugged.
  InspectorAgent* inspector_agent() const { return inspector_agent_.get(); }

  // Whoever routes events here must not any more: it hurt a limit. It lives until its last invocation has closed.
  [[nodiscard]] bool retired() const { return retired_; }
  void Retire();
  // Called when it is retired and has no open invocation.
  void set_on_drained(std::function<void()> callback) { on_drained_ = std::move(callback); }

  [[nodiscard]] uint32_t open_invocations() const { return open_; }

  // Global scope is over: no code from strings any more.
  void FinishStartup(v8::Local<v8::Context> context);

  // Ends the running turn from within, on the isolate's thread: the watchdog's way for those who are not the watchdog.
  void Terminate();
  // An API object holds `change` more bytes (or less) that V8 does not see. They count towards the memory limit, after
  // a collection if need be, and the turn is terminated when they exceed it. In the isolate.
  void ChargeMemory(int64_t change);

  // Whether the heap, or the memory of buffers, grew past its limit (then execution was terminated).
  [[nodiscard]] bool exceeded_memory() const { return exceeded_memory_; }
  // Of the first time.
  [[nodiscard]] const MemoryUse& exceeding_use() const { return exceeding_use_; }

  // --- Lines that the worker's code causes. Each event may write so much (Limits::log_bytes), and so may what belongs
  // to no event, each second. The line that is too much is cut, one more says so, and the rest is left out.
  void WriteLog(LogLevel level, std::string_view text);
  // How many bytes of a line are worth making for WriteLog, which sees from the last one that it was to be longer.
  [[nodiscard]] size_t LogRoom();

  // Shared functions that tell the current invocation that a waitUntil promise has settled.
  v8::Local<v8::Function> wait_until_settled() const { return wait_until_settled_.Get(isolate_); }

  // What AsyncContext makes its frames from.
  v8::Local<v8::ObjectTemplate> frame_template();

  // Stops the open invocations whose handler waits for what can never happen.
  //
  // An invocation is stalled when it has not answered and has no I/O or timers pending. Another one may still settle
  // its promise (a request that waits for a result which an earlier request fetches), so it is given up only when no
  // invocation that was open when it stalled has anything pending either.
  void StopHung();

 private:
  friend class Invocation;
  friend class JsEntry;

  static void OnPromiseReject(v8::PromiseRejectMessage message);
  static void OnMessage(v8::Local<v8::Message> message, v8::Local<v8::Value> exception);
  static void OnCollected(v8::Isolate* isolate, v8::GCType type, v8::GCCallbackFlags flags, void* data);
  // `wanted`: bytes of a buffer for which there is no room.
  void ExceedMemory(size_t wanted = 0);
  LogAllowance& CurrentLogAllowance();
  static size_t OnNearHeapLimit(void* data, size_t current, size_t initial);
  // Whether any JavaScript ran.
  bool ReportRejections(v8::Local<v8::Context> context);

  void Add(Invocation* invocation);
  void Remove(Invocation* invocation);
  void NoteStalled(Invocation* invocation);

  Shard& shard_;
  WorkerIsolateOptions options_;
  BufferAllocator allocator_;
  v8::Isolate* isolate_ = nullptr;
  v8::Global<v8::Context> context_;
  v8::Global<v8::Function> wait_until_settled_;
  v8::Global<v8::ObjectTemplate> frame_template_;
  std::unique_ptr<ApiState> api_state_;
  std::unique_ptr<ModuleLoader> modules_;
  std::unique_ptr<InspectorAgent> inspector_agent_;
  struct Rejection {
    v8::Global<v8::Promise> promise;
    v8::Global<v8::Value> reason;
  };
  std::vector<Rejection> rejections_;                   // not handled so far in this turn
  std::vector<v8::Global<v8::Promise>> late_handlers_;  // reported before, handled in this turn
  Invocation* invocations_ = nullptr;
  uint32_t open_ = 0;
  uint32_t stalled_ = 0;
  uint32_t next_serial_ = 1;
  bool retired_ = false;
  bool terminated_ = false;  // in this turn
  bool exceeded_memory_ = false;
  MemoryUse exceeding_use_;
  LogAllowance stray_log_;  // of what belongs to no event
  uint64_t stray_log_since_ms_ = 0;
  std::function<void()> on_drained_;
};

}  // namespace verge::runtime

#endif  // RUNTIME_WORKER_ISOLATE_H_
