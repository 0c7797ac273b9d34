#include "bindings/timers/task_queue.h"

#include <unordered_map>

#include "bindings/core/invocation_scope.h"
#include "bindings/core/report.h"
#include "runtime/js_entry.h"
#include "runtime/shard.h"

namespace verge::bindings {
namespace {

// What runs between two looks at the loop's sockets.
constexpr int kTasksPerTurn = 64;

class TaskRunner;

class TaskRunners final : public RealmPart {
 public:
  std::unordered_map<uint32_t, TaskRunner*> by_invocation;
};

// Belongs to the invocation; deletes itself when it has nothing left to run.
class TaskRunner final : public runtime::PendingIo, public runtime::TimerQueue::Timer {
 public:
  TaskRunner(Cx& cx, runtime::Invocation* invocation, TaskRunners& runners, v8::Local<v8::Object> queue,
             v8::Local<v8::Function> run)
      : isolate_(cx.isolate), runners_(runners), id_(invocation->id()) {
    queue_.Reset(cx.isolate, queue);
    run_.Reset(cx.isolate, run);
    runners.by_invocation[id_] = this;
    List(invocation);
    timers().Set(this, 0);
  }
  ~TaskRunner() override {
    timers().Cancel(this);
    Forget();
  }

  v8::Local<v8::Object> queue() const { return queue_.Get(isolate_); }
  void CountTask() { ++tasks_; }

  void OnInvocationEnd() override {
    if (running_) {
      ended_ = true;  // by one of the tasks: OnTimer deletes it
    } else {
      delete this;
    }
  }

  void OnTimer() override {
    http::Ref<runtime::Invocation> owner(invocation());
    running_ = true;
    for (int n = 0; n < kTasksPerTurn && !ended_ && owner && !owner->stopped(); ++n) {
      // Before the last one runs it is no longer something that the invocation waits for.
      bool last = --tasks_ == 0;
      if (last) {
        Unlist();
        Forget();
      }
      RunOne(owner.get());
      if (last) ended_ = true;
    }
    running_ = false;
    if (ended_ || !owner || owner->stopped()) {
      delete this;
    } else {
      timers().Set(this, 0);
    }
  }

 private:
  void RunOne(runtime::Invocation* owner) {
    runtime::JsEntry entry(owner->isolate(), owner);
    v8::TryCatch try_catch(isolate_);
    v8::Local<v8::Value> argument = queue();
    if (run_.Get(isolate_)->Call(entry.context(), v8::Undefined(isolate_), 1, &argument).IsEmpty() &&
        !try_catch.HasTerminated()) {
      ReportException(isolate_, entry.context(), try_catch);
    }
  }

  void Forget() {
    auto found = runners_.by_invocation.find(id_);
    if (found != runners_.by_invocation.end() && found->second == this) runners_.by_invocation.erase(found);
  }
  runtime::TimerQueue& timers() { return runtime::WorkerIsolate::From(isolate_).shard().timers(); }

  v8::Isolate* const isolate_;
  TaskRunners& runners_;
  const uint32_t id_;
  uint64_t tasks_ = 1;
  bool running_ = false;
  bool ended_ = false;
  v8::Global<v8::Object> queue_;
  v8::Global<v8::Function> run_;
};

TaskRunners& RunnersOf(Cx& cx) { return cx.realm().part<TaskRunners>(Realm::Part::kTasks); }

runtime::Invocation* Find(Cx& cx, uint32_t id) {
  runtime::WorkerIsolate* worker = cx.realm().worker();
  runtime::Invocation* invocation = worker ? worker->shard().Find(id) : nullptr;
  return invocation && &invocation->isolate() == worker && !invocation->stopped() ? invocation : nullptr;
}

// Null: it is over.
Result<runtime::Invocation*> CurrentOr(Cx& cx, uint32_t id) {
  if (id == 0) return RequireInvocation(cx);
  return Find(cx, id);
}

}  // namespace

Result<v8::Local<v8::Value>> GetTasks(Cx& cx, uint32_t id) {
  auto invocation = CurrentOr(cx, id);
  if (!invocation) return std::unexpected(invocation.error());
  if (!*invocation) return v8::Null(cx.isolate).As<v8::Value>();
  auto& runners = RunnersOf(cx).by_invocation;
  auto found = runners.find((*invocation)->id());
  if (found == runners.end()) return v8::Undefined(cx.isolate).As<v8::Value>();
  found->second->CountTask();
  return found->second->queue().As<v8::Value>();
}

Result<> StartTasks(Cx& cx, uint32_t id, v8::Local<v8::Object> queue, Callback run) {
  auto invocation = CurrentOr(cx, id);
  if (!invocation) return std::unexpected(invocation.error());
  if (*invocation) new TaskRunner(cx, *invocation, RunnersOf(cx), queue, run.function);
  return {};
}

uint32_t CurrentInvocation(Cx& cx) {
  runtime::Invocation* invocation = runtime::Invocation::Current(cx.isolate);
  return invocation ? invocation->id() : 0;
}

bool IsInvocationOpen(Cx& cx, uint32_t id) { return Find(cx, id) != nullptr; }

Result<> RequireOwnerNative(Cx& cx, uint32_t owner, std::string type) {
  if (auto invocation = RequireOwner(cx, owner, type); !invocation) return std::unexpected(invocation.error());
  return {};
}

}  // namespace verge::bindings
